import { join } from "node:path";
import {
  type Catalog,
  type Column,
  type FeatureGroup,
  type Instant,
  type InstantInput,
  PawlError,
  parseDuration,
  toPawlError,
  type View,
  view as makeView,
  type Work,
} from "@pawl/core";
import { lockDirectory } from "./directory-lock.ts";
import { momentOf, type Row, tooLong } from "./facts/fact-schema.ts";
import { FactLog, type LogPosition } from "./log/fact-log.ts";
import { diskFiles, type LogFiles } from "./log/log-files.ts";
import type { LogRecord, PushAnswer } from "./log/log-record.ts";
import type {
  Acknowledgement,
  ApplyResult,
  ExportResult,
  FactInput,
  FactSink,
  LoggedFact,
  Present,
  PresentLimits,
  PresentOptions,
  PresentStats,
  PushOptions,
  ReadOptions,
  RowInput,
  Vectors,
} from "./present.ts";
import { Backfill } from "./push/backfill.ts";
import { Committer } from "./push/committer.ts";
import { LogExport } from "./push/log-export.ts";
import { ViewReader } from "./read/view-reader.ts";
import { ReaderClock } from "./reader-clock.ts";
import { Retention } from "./push/retention.ts";
import { Checkpointer } from "./state/checkpointer.ts";
import { answerKey, type LiveSource, notesKey, State, type StateNotes } from "./state/state.ts";
import type { KeyValueStore } from "./store/key-value-store.ts";
import { lmdbStore } from "./store/lmdb-store.ts";
import { memoryStore } from "./store/memory-store.ts";
import type { NodeSizes } from "./timeline/shape.ts";

/** What tests may put in place of the disk. */
export interface PresentParts {
  readonly files?: LogFiles;
  readonly store?: KeyValueStore;
  readonly segmentBytes?: number;
  readonly sizes?: NodeSizes;
}

const defaults: Required<PresentLimits> = {
  waitingFacts: 100_000,
  factsPerPush: 50_000,
  memoryBytes: 160 * 2 ** 20,
  dirtyKeys: 150_000,
  rowsPerRead: 10_000,
};

/** Opens (or makes) an online store in a directory. See `OnlineStore` for what it promises. */
export async function openPresent(options: PresentOptions, parts: PresentParts = {}): Promise<Present> {
  const unlock = lockDirectory(options.directory);
  let store: KeyValueStore | undefined;
  let log: FactLog | undefined;
  try {
    store =
      parts.store ??
      (options.store === "memory" ? memoryStore() : lmdbStore(join(options.directory, "state")));
    const notes = readJson<StateNotes>(store, notesKey);
    log = await FactLog.open(
      {
        directory: join(options.directory, "log"),
        files: parts.files ?? diskFiles,
        sync: options.durability !== "process",
        segmentBytes: parts.segmentBytes ?? 64 * 2 ** 20,
      },
      notes?.position,
    );
    const present = new EmbeddedPresent(options, store, log, unlock, parts.sizes);
    await present.start();
    return present;
  } catch (error) {
    await log?.close();
    await store?.close();
    unlock();
    throw error;
  }
}

class EmbeddedPresent implements Present {
  private readonly options: PresentOptions;
  private readonly limits: Required<PresentLimits>;
  private readonly store: KeyValueStore;
  private readonly log: FactLog;
  private readonly unlock: () => void;
  private readonly clock: ReaderClock;
  private readonly state: State;
  private readonly notes: StateNotes | undefined;
  private readonly checkpointer: Checkpointer;
  private readonly committer: Committer;
  private readonly backfill: Backfill;
  private readonly exporting: LogExport;
  private catalog: Catalog;
  private readers = new Map<string, ViewReader>();
  private readersOfViews = new WeakMap<View, ViewReader>();
  private readonly maxAge: ReadonlyMap<string, number>;
  /** Up to where the log is in the state. */
  private applied: LogPosition;
  private floor = Number.MIN_SAFE_INTEGER;
  private checkpointFailure: unknown;
  private isClosed = false;

  constructor(
    options: PresentOptions,
    store: KeyValueStore,
    log: FactLog,
    unlock: () => void,
    sizes?: NodeSizes,
  ) {
    this.options = options;
    this.limits = { ...defaults, ...options.limits };
    this.store = store;
    this.log = log;
    this.unlock = unlock;
    this.catalog = options.catalog;
    const tolerance = parseDuration(options.clockTolerance ?? "1s", { allowZero: true });
    this.clock = new ReaderClock(options.clock, tolerance);
    this.maxAge = new Map(
      Object.entries(options.maxAge ?? {}).map(([name, age]) => [name, parseDuration(age)]),
    );
    this.notes = readJson<StateNotes>(store, notesKey);
    if (this.notes && (this.notes.format as number) !== 1) {
      throw new PawlError("unsupported", "The online store was written by another version.", {
        found: `format ${String(this.notes.format)}`,
        expected: "format 1",
        next: "Delete the folder `state`; it is made again from the log. Do not delete the log.",
      });
    }
    this.state = new State(store, this.notes, sizes);
    this.applied = this.notes?.position ?? log.start;
    this.exporting = new LogExport(log, store, this.state);
    this.checkpointer = new Checkpointer(this.state, store, () => this.moment(), this.notes?.sequence ?? 0);
    this.backfill = new Backfill(log, this.state, () => this.room());
    this.committer = new Committer(
      {
        clock: this.clock,
        sequence: () => this.state.sequence,
        answerOf: (id) => this.state.answers.get(id) ?? readJson<PushAnswer>(store, answerKey(id)),
        append: (record) => log.append(record),
        apply: (record, sources) => this.apply(record, sources),
        room: () => this.room(),
      },
      this.limits.waitingFacts,
    );
  }

  /** Takes the definitions into use and reads what the log has beyond the last checkpoint. */
  async start(): Promise<void> {
    const { notes, log, state } = this;
    const end = log.end;
    const isShort =
      notes &&
      (notes.position.segment > end.segment ||
        (notes.position.segment === end.segment && notes.position.offset > end.offset));
    if (isShort) {
      throw new PawlError("bad_data", "The log of facts is shorter than the state made from it.", {
        found: `a log up to segment ${end.segment}, byte ${end.offset}`,
        expected: `at least segment ${notes.position.segment}, byte ${notes.position.offset}`,
        next: "Restore the log from a copy.",
      });
    }
    state.define(this.catalog, notes?.indexes ?? [], log.start);
    state.forget(await log.forgotten());
    await this.writeNotes();
    this.clock.advance(notes?.floor ?? Number.MIN_SAFE_INTEGER);
    this.floor = notes?.floor ?? this.floor;
    for await (const { record, next } of log.read(this.applied)) {
      this.replay(record);
      this.applied = next;
      await this.room();
    }
    this.backfill.start();
    this.dropSoon();
  }

  push(source: string, facts: readonly FactInput[], options: PushOptions = {}): Promise<Acknowledgement> {
    return this.submit("put", source, facts, options);
  }

  remove(source: string, keys: readonly FactInput[], options: PushOptions = {}): Promise<Acknowledgement> {
    return this.submit("delete", source, keys, options);
  }

  async pushStream(
    source: string,
    facts: AsyncIterable<FactInput> | Iterable<FactInput>,
    work: Work = {},
  ): Promise<Acknowledgement> {
    const sum = { added: 0, corrected: 0, unchanged: 0, removed: 0, sequence: 0, asOf: this.now() };
    let done = 0;
    let batch: FactInput[] = [];
    const flush = async (): Promise<void> => {
      const answer = await this.patiently(source, batch, work);
      for (const field of ["added", "corrected", "unchanged"] as const) sum[field] += answer[field];
      sum.sequence = Math.max(sum.sequence, answer.sequence);
      sum.asOf = answer.asOf;
      done += batch.length;
      batch = [];
      work.onProgress?.({ stage: `pushing facts of ${source}`, done });
    };
    for await (const fact of facts) {
      if (batch.push(fact) >= 1000) await flush();
    }
    if (batch.length > 0) await flush();
    return sum;
  }

  vectors(asked: string | View, rows: readonly RowInput[], options: ReadOptions = {}): Vectors {
    this.checkOpen();
    if (rows.length > this.limits.rowsPerRead) {
      throw new PawlError("invalid_input", "These are more rows than one read may fill.", {
        found: String(rows.length),
        expected: `at most ${this.limits.rowsPerRead}`,
        next: "Ask in parts.",
      });
    }
    const reader = this.reader(asked);
    const moments = this.moments(rows.length, options.asOf);
    const filled = rows.map((row, i) => reader.fill(row, moments[i] as number, i));
    for (const index of this.state.indexes.values()) index.shrink(this.bytesPerIndex(), 4 * rows.length);
    return {
      names: reader.names,
      kinds: reader.kinds,
      values: filled.map(({ values }) => values),
      statuses: filled.map(({ statuses }) => statuses),
      eventTimes: filled.map(({ eventTimes }) => eventTimes),
      asOf: moments,
    };
  }

  async applyDefinitions(catalog: Catalog, work: Work = {}): Promise<ApplyResult> {
    this.checkOpen();
    work.signal?.throwIfAborted();
    const before = [...this.state.indexes.values()].map(({ definition, backfill }) => ({
      ...definition,
      ...(backfill && { backfill }),
    }));
    const { added, kept, dropped } = this.state.define(catalog, before, this.log.start);
    this.catalog = catalog;
    this.readers = new Map();
    this.readersOfViews = new WeakMap();
    await this.checkpointer.runAnew();
    this.backfill.start(work);
    this.dropSoon();
    return {
      backfilling: [...added, ...kept].filter(({ backfill }) => backfill).map(({ name }) => name),
      unchanged: kept.filter(({ backfill }) => !backfill).map(({ name }) => name),
      dropped,
    };
  }

  backfilled(): Promise<void> {
    return this.backfill.done();
  }

  exportLog(sink: FactSink, work: Work & { readonly batchSize?: number } = {}): Promise<ExportResult> {
    this.checkOpen();
    return this.exporting.run(sink, work);
  }

  facts(
    options: { readonly source?: string; readonly after?: number; readonly upTo?: number } = {},
  ): AsyncIterable<LoggedFact> {
    this.checkOpen();
    return this.exporting.facts(options);
  }

  now(): Instant {
    return this.clock.now();
  }

  async retain(source: string, before: InstantInput): Promise<{ readonly forgotten: number }> {
    const live = this.sourceNamed(source);
    const retention = new Retention(this.state, this.log, this.catalog);
    const moment = momentOf(before);
    retention.check(live, moment, this.now(), this.exporting.upTo);
    return retention.forget(
      live,
      moment,
      () => this.checkpointer.runAnew(),
      () => this.room(),
    );
  }

  async checkpoint(): Promise<void> {
    this.checkOpen();
    await this.checkpointer.runAnew();
  }

  stats(): PresentStats {
    const indexes = [...this.state.indexes.values()];
    return {
      sequence: this.state.sequence,
      checkpoint: this.checkpointer.sequence,
      exportedUpTo: this.exporting.upTo,
      waiting: this.committer.facts,
      keysInMemory: indexes.reduce((sum, { timelines }) => sum + timelines.size, 0),
      dirtyKeys: this.checkpointer.dirty,
      bytesInMemory: indexes.reduce((sum, { bytes }) => sum + bytes, 0),
      logBytes: this.log.bytes,
      indexes: indexes.map((index) => ({
        name: index.name,
        state: index.backfill ? "backfilling" : "ready",
        remaining: index.backfill ? this.backfill.remaining(index) : 0,
      })),
    };
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.committer.close();
    await this.backfill.stop();
    try {
      await this.checkpointer.runAnew();
    } finally {
      await this.log.close();
      await this.store.close();
      this.unlock();
    }
  }

  // Facts in

  private async submit(
    op: "put" | "delete",
    name: string,
    facts: readonly FactInput[],
    { id }: PushOptions,
  ): Promise<Acknowledgement> {
    this.checkOpen();
    const source = this.sourceNamed(name);
    if (facts.length > this.limits.factsPerPush) {
      throw new PawlError("invalid_input", "These are more facts than one push may hold.", {
        found: String(facts.length),
        expected: `at most ${this.limits.factsPerPush}`,
        next: "Push in parts, or as a stream.",
      });
    }
    if (op === "delete" && !source.keyed) {
      throw new PawlError(
        "unsupported",
        `Facts of "${name}" cannot be removed: nothing names a single one.`,
        {
          next: `Give the source a key: source("${name}", { key: [...] }).`,
        },
      );
    }
    if (id !== undefined && (id === "" || Buffer.byteLength(id) > 200)) {
      throw new PawlError("invalid_input", "The id of a push is text of 1 to 200 bytes.", {
        found: JSON.stringify(id),
      });
    }
    return this.committer.submit({ source, op, rows: readFacts(source, op, facts), id });
  }

  /** Pushes, and waits where told to. */
  private async patiently(source: string, facts: readonly FactInput[], work: Work): Promise<Acknowledgement> {
    for (;;) {
      work.signal?.throwIfAborted();
      try {
        return await this.push(source, facts);
      } catch (error) {
        const { code, details } = toPawlError(error);
        const wait = details?.["retryAfterMs"];
        if (code !== "exhausted" || typeof wait !== "number") throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private apply(record: LogRecord, sources: readonly LiveSource[]): void {
    for (const [i, { operations }] of record.blocks.entries()) {
      const source = sources[i] as LiveSource;
      for (const operation of operations) this.state.apply(source, operation);
    }
    this.settle(record);
    this.applied = this.log.end;
    const steps = 4 * (record.count + 1);
    for (const index of this.state.indexes.values()) index.shrink(this.bytesPerIndex(), steps);
  }

  private replay(record: LogRecord): void {
    for (const { source, columns, kinds, operations } of record.blocks) {
      const live = this.state.sources.get(source);
      if (live) for (const operation of operations) this.state.apply(live, operation);
      else {
        this.state.passOver(
          source,
          columns.map((name, i) => ({ name, kind: kinds[i] as never })),
        );
      }
    }
    this.settle(record);
    for (const index of this.state.indexes.values())
      index.shrink(this.bytesPerIndex(), 4 * (record.count + 1));
  }

  private settle(record: LogRecord): void {
    for (const answer of record.answers) this.state.answers.set(answer.id, answer);
    this.state.sequence = Math.max(this.state.sequence, record.first + record.count - 1);
    if (record.floor > this.floor) this.floor = record.floor;
    this.clock.advance(record.floor);
  }

  /** Starts a checkpoint in good time, and waits for it where too much would gather in memory. */
  private async room(): Promise<void> {
    const { dirty } = this.checkpointer;
    const { dirtyKeys } = this.limits;
    if (dirty < dirtyKeys / 4 && this.state.answers.size < dirtyKeys / 4) return;
    if (!this.checkpointer.isRunning) {
      void this.checkpointOrRemember();
    }
    while (this.checkpointer.dirty >= dirtyKeys && this.checkpointer.isRunning)
      await this.checkpointer.progress();
    // Facts that came in since have their turn in the next one.
    if (this.checkpointer.dirty < dirtyKeys || this.checkpointFailure === undefined) return;
    throw new PawlError(
      "exhausted",
      "The online store cannot write its state, and takes no more until it can.",
      {
        found: toPawlError(this.checkpointFailure).message,
        next: "Make room on the disk and push again.",
        details: { retryAfterMs: 1000 },
        cause: this.checkpointFailure,
      },
    );
  }

  private async checkpointOrRemember(): Promise<void> {
    try {
      await this.checkpointer.run();
      this.checkpointFailure = undefined;
    } catch (error) {
      this.checkpointFailure = error;
    }
  }

  // Features out

  private reader(asked: string | View): ViewReader {
    const known = typeof asked === "string" ? this.readers.get(asked) : this.readersOfViews.get(asked);
    if (known) return known;
    const view = typeof asked === "string" ? this.viewNamed(asked) : asked;
    const made = new ViewReader(view, this.catalog.groups, this.state, this.maxAge);
    if (typeof asked === "string") this.readers.set(asked, made);
    else this.readersOfViews.set(asked, made);
    return made;
  }

  private viewNamed(name: string): View {
    const { views, models, groups } = this.catalog;
    const found = views.get(name) ?? models.get(name)?.view;
    if (found) return found;
    const group = groups.get(name);
    if (group) return viewOfGroup(group);
    throw new PawlError("not_found", `There is no view, model or group "${name}".`, {
      expected: [...views.keys(), ...models.keys(), ...groups.keys()].join(", ") || "a definition",
      next: "Apply the definition first, or correct the name.",
    });
  }

  private moments(rows: number, asOf: ReadOptions["asOf"]): readonly Instant[] {
    if (Array.isArray(asOf)) {
      const given = asOf as readonly InstantInput[];
      if (given.length !== rows) {
        throw new PawlError("invalid_input", "There must be one asOf, or one for each row.", {
          found: `${given.length} for ${rows} rows`,
        });
      }
      return given.map((each) => momentOf(each) as Instant);
    }
    const one = asOf === undefined ? this.now() : (momentOf(asOf as InstantInput) as Instant);
    return Array.from({ length: rows }, () => one);
  }

  // Housekeeping

  private moment(): { sequence: number; position: LogPosition; floor: number; exportedUpTo: number } {
    const { sequence } = this.state;
    return { sequence, position: this.applied, floor: this.floor, exportedUpTo: this.exporting.upTo };
  }

  /** Makes the definitions in use known to the store before any of their nodes are. */
  private async writeNotes(): Promise<void> {
    const sequence = this.notes?.sequence ?? 0;
    const notes = this.state.notes({ ...this.moment(), sequence, backfills: new Map() });
    await this.store.write([
      { table: "meta", key: notesKey, value: Buffer.from(JSON.stringify(notes), "utf8") },
    ]);
  }

  /** Deletes the nodes of indexes no longer used, a little at a time. */
  private dropSoon(): void {
    const [id] = this.state.dropped;
    if (id === undefined || this.isClosed) return;
    setTimeout(() => {
      void this.dropSome(id).catch((error: unknown) => {
        this.checkpointFailure ??= error;
      });
    }, 20).unref();
  }

  private async dropSome(id: number): Promise<void> {
    if (this.isClosed) return;
    const from = Buffer.alloc(4);
    const to = Buffer.alloc(4);
    from.writeUInt32BE(id);
    to.writeUInt32BE(id + 1);
    const entries = this.store.range("nodes", from, to, 500);
    await this.store.write(entries.map(({ key }) => ({ table: "nodes", key, value: null })));
    if (entries.length === 0) this.state.dropped = this.state.dropped.filter((dropped) => dropped !== id);
    this.dropSoon();
  }

  private bytesPerIndex(): number {
    return this.limits.memoryBytes / Math.max(1, this.state.indexes.size);
  }

  private sourceNamed(name: string): LiveSource {
    const source = this.catalog.sources.has(name) ? this.state.sources.get(name) : undefined;
    if (source) return source;
    throw new PawlError("not_found", `There is no source "${name}".`, {
      expected: [...this.catalog.sources.keys()].join(", ") || "a source in the definitions",
      next: "Apply the definition first, or correct the name.",
    });
  }

  private checkOpen(): void {
    if (!this.isClosed) return;
    throw new PawlError("unavailable", "The online store is closed.", {
      found: `${this.options.directory}`,
      next: "Open it again.",
    });
  }
}

/** Reads all facts of a push, or refuses it with every fault found. */
function readFacts(source: LiveSource, op: "put" | "delete", facts: readonly FactInput[]): Row[] {
  const faults: { row: number; problem: string }[] = [];
  const rows = facts.map((fact, row) => {
    const fault = (problem: string): void => void faults.push({ row, problem });
    if (typeof fact !== "object" || fact === null || Array.isArray(fact)) {
      fault("is not an object of columns");
      return [];
    }
    const read = op === "put" ? source.schema.read(fact, fault) : source.schema.readKey(fact, fault);
    checkKeys(source, read, op, fault);
    return read;
  });
  const [first] = faults;
  if (!first) return rows;
  throw new PawlError(
    "invalid_input",
    `${faults.length} of these facts of "${source.known.name}" cannot be taken.`,
    {
      found: `fact ${first.row}: ${first.problem}`,
      expected: Object.entries(Object.fromEntries(source.known.columns.map((c) => [c.name, c.kind])))
        .map(([name, kind]) => `${name}: ${kind}`)
        .join(", "),
      next: "Correct them and push all again; none was taken.",
      details: { rows: faults.slice(0, 100) },
    },
  );
}

function checkKeys(
  source: LiveSource,
  row: Row,
  op: "put" | "delete",
  fault: (problem: string) => void,
): void {
  const key = source.schema.keyOf(row);
  if (key !== undefined && tooLong(key)) fault("has a key longer than 1,024 bytes");
  if (op === "delete") return;
  for (const index of source.indexes) {
    const entity = index.keyOf(row);
    if (entity !== undefined && tooLong(entity))
      fault(`"${index.definition.by.join(", ")}" is longer than 1,024 bytes`);
  }
}

/** All features of a group, for rows that are its key. */
function viewOfGroup(group: FeatureGroup): View {
  const columns = Object.fromEntries(group.by.map((name) => [name, group.source.columns[name] as Column]));
  return makeView(group.name, { spine: { columns }, items: [group] });
}

function readJson<T>(store: KeyValueStore, key: Uint8Array): T | undefined {
  const bytes = store.get("meta", key);
  return bytes ? (JSON.parse(Buffer.from(bytes).toString("utf8")) as T) : undefined;
}
