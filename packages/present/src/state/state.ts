import {
  canonicalJson,
  type Catalog,
  contentHash,
  type Json,
  PawlError,
  type ScalarKind,
  walk,
} from "@pawl/core";
import { columnKind, type FeatureGroup, type Source } from "@pawl/core";
import { type FactSchema, factSchema } from "../facts/fact-schema.ts";
import type { LogPosition } from "../log/fact-log.ts";
import type { Operation, PushAnswer } from "../log/log-record.ts";
import type { KeyValueStore } from "../store/key-value-store.ts";
import type { NodeSizes } from "../timeline/shape.ts";
import { FactIndex, type IndexDefinition } from "./fact-index.ts";
import { KeyedFacts } from "./keyed-facts.ts";

/** A source as the state knows it: its columns keep their places, new ones come after. */
export interface KnownSource {
  readonly name: string;
  readonly id: number;
  readonly columns: readonly { readonly name: string; readonly kind: ScalarKind }[];
  readonly key: readonly string[];
  /** Facts with eventTime before this have been forgotten. */
  readonly forgotten?: number;
  /** Facts came in while no definition said what they mean: its state is not complete. */
  readonly stale?: boolean;
}

/** What the store says of itself; written with every checkpoint. */
export interface StateNotes {
  readonly format: 1;
  readonly nextId: number;
  readonly sources: readonly KnownSource[];
  readonly indexes: readonly (IndexDefinition & { readonly backfill?: LogPosition })[];
  /** Indexes whose nodes are yet to be deleted. */
  readonly dropped: readonly number[];
  /** Everything up to here is in the store. */
  readonly sequence: number;
  readonly position: LogPosition;
  readonly floor: number;
  readonly exportedUpTo: number;
}

export const notesKey = Buffer.from("notes", "utf8");
export const answerKey = (id: string): Uint8Array => Buffer.from(`push ${id}`, "utf8");

/** A source in use. */
export interface LiveSource {
  known: KnownSource;
  schema: FactSchema;
  readonly keyed: KeyedFacts | undefined;
  readonly indexes: FactIndex[];
}

/**
 * Everything made from the log: keyed facts, timelines, answers to named pushes. Changes go to memory at once
 * and to the store by checkpoints; doing an operation twice is doing it once, so replay may start early.
 */
export class State {
  readonly sources = new Map<string, LiveSource>();
  readonly indexes = new Map<string, FactIndex>();
  /** Sources no definition speaks of at the moment. */
  absent: KnownSource[] = [];
  dropped: number[] = [];
  readonly answers = new Map<string, PushAnswer>();
  sequence = 0;
  private nextId = 1;
  private readonly store: KeyValueStore;
  private readonly sizes: NodeSizes | undefined;

  constructor(store: KeyValueStore, notes: StateNotes | undefined, sizes?: NodeSizes) {
    this.store = store;
    this.sizes = sizes;
    this.nextId = notes?.nextId ?? 1;
    this.absent = [...(notes?.sources ?? [])];
    this.dropped = [...(notes?.dropped ?? [])];
    this.sequence = notes?.sequence ?? 0;
  }

  /**
   * Takes the definitions of a catalog into use. New indexes start at `from`; undefined means that there is
   * nothing to read, or that replay will fill them.
   */
  define(
    catalog: Catalog,
    stored: readonly (IndexDefinition & { readonly backfill?: LogPosition })[],
    from: LogPosition | undefined,
  ): { added: FactIndex[]; kept: FactIndex[]; dropped: string[] } {
    const plans = [...catalog.sources.values()].map((source) => this.planSource(source, catalog));
    // Everything that can be refused has been: from here on the state changes.
    for (const { known, schema } of plans) this.takeSource(known, schema);
    const [added, kept]: [FactIndex[], FactIndex[]] = [[], []];
    const wanted = new Map<string, FactIndex>();
    for (const { known, schema, isNew, wanted: indexes } of plans) {
      for (const { by, columns, meaning } of indexes) {
        const live = this.indexes.get(meaning);
        const old = stored.find((definition) => definition.meaning === meaning);
        const definition = live?.definition ??
          old ?? { id: this.nextId++, source: known.name, by, columns, meaning };
        // The schema may have grown; positions of known columns stay.
        const index = live ?? new FactIndex(withoutBackfill(definition), schema, this.store, this.sizes);
        if (live || old) kept.push(index);
        else added.push(index);
        if (!live) index.backfill = old ? old.backfill : isNew ? undefined : from;
        wanted.set(meaning, index);
      }
    }
    const gone = [...this.indexes.values()].filter((index) => !wanted.has(index.definition.meaning));
    const goneStored = stored.filter(({ meaning }) => !wanted.has(meaning) && !this.indexes.has(meaning));
    this.dropped.push(...gone.map(({ definition }) => definition.id), ...goneStored.map(({ id }) => id));
    this.indexes.clear();
    for (const source of this.sources.values()) source.indexes.length = 0;
    for (const [meaning, index] of wanted) {
      this.indexes.set(meaning, index);
      const source = this.sources.get(index.definition.source);
      source?.indexes.push(index);
      index.forgotten = source?.known.forgotten ?? Number.NEGATIVE_INFINITY;
    }
    return {
      added,
      kept,
      dropped: [
        ...gone.map(({ name }) => name),
        ...goneStored.map((d) => `${d.source} by ${d.by.join(", ")}`),
      ],
    };
  }

  /** Facts with eventTime before these moments are no longer held, by source. */
  forget(forgotten: Readonly<Record<string, number>>): void {
    for (const [name, before] of Object.entries(forgotten)) {
      const source = this.sources.get(name);
      if (!source) continue;
      source.known = { ...source.known, forgotten: Math.max(before, source.known.forgotten ?? before) };
      for (const index of source.indexes) index.forgotten = source.known.forgotten ?? before;
    }
  }

  /** The index a lookup reads. */
  indexFor(source: string, by: readonly string[]): FactIndex | undefined {
    const indexes = this.sources.get(source)?.indexes ?? [];
    return indexes.find(({ definition }) => sameNames(definition.by, by));
  }

  /** Does an operation that is in the log. */
  apply(source: LiveSource, { sequence, op, row, old }: Operation): void {
    const { keyed, schema, indexes } = source;
    if (keyed) {
      const key = schema.keyOf(row) ?? "";
      const kept = keyed.get(key);
      // In replay the store may already hold what came later.
      if (op === "put" && (!kept || kept.sequence < sequence)) keyed.put(key, { sequence, row });
      if (op === "delete" && kept && kept.sequence < sequence) keyed.remove(key);
    }
    const forgotten = source.known.forgotten ?? Number.NEGATIVE_INFINITY;
    const isKept = op === "put" && (row[schema.eventTime] as number) >= forgotten;
    for (const index of indexes) {
      if (old) index.remove(old.sequence, old.row);
      if (isKept) index.insert(sequence, row);
    }
    if (sequence > this.sequence) this.sequence = sequence;
  }

  notes(now: {
    readonly sequence: number;
    readonly position: LogPosition;
    readonly floor: number;
    readonly exportedUpTo: number;
    readonly backfills: ReadonlyMap<FactIndex, LogPosition | undefined>;
  }): StateNotes {
    const { sequence, position, floor, exportedUpTo, backfills } = now;
    return {
      format: 1,
      nextId: this.nextId,
      sources: [...[...this.sources.values()].map(({ known }) => known), ...this.absent],
      indexes: [...this.indexes.values()].map((index) => {
        const backfill = backfills.has(index) ? backfills.get(index) : index.backfill;
        return { ...index.definition, ...(backfill && { backfill }) };
      }),
      dropped: this.dropped,
      sequence,
      position,
      floor,
      exportedUpTo,
    };
  }

  /** Remembers that facts of a source went by that no definition explains. */
  passOver(name: string, columns: KnownSource["columns"]): void {
    const known = this.absent.find((source) => source.name === name);
    if (known?.stale === true) return;
    const stale = { ...(known ?? { name, id: this.nextId++, columns, key: [] }), stale: true };
    this.absent = [...this.absent.filter((source) => source !== known), stale];
  }

  private planSource(
    source: Source,
    catalog: Catalog,
  ): {
    known: KnownSource;
    schema: FactSchema;
    /** A source there can be no facts of yet. */
    isNew: boolean;
    wanted: { by: readonly string[]; columns: readonly string[]; meaning: string }[];
  } {
    const live = this.sources.get(source.name);
    const before = live?.known ?? this.absent.find(({ name }) => name === source.name);
    const known = grown(source, before, () => this.nextId++);
    const schema =
      live && live.known.columns.length === known.columns.length && live.schema.source === source
        ? live.schema
        : factSchema(source, known.columns);
    const groups = [...catalog.groups.values()].filter((group) => group.source.name === source.name);
    return { known, schema, isNew: !before, wanted: wantedIndexes(source, groups) };
  }

  private takeSource(known: KnownSource, schema: FactSchema): void {
    this.absent = this.absent.filter(({ name }) => name !== known.name);
    const kinds = known.columns.map(({ kind }) => kind);
    const live = this.sources.get(known.name);
    if (live) {
      // Pushes under way hold on to the source, so it stays the same one.
      live.known = known;
      live.schema = schema;
      if (live.keyed) live.keyed.kinds = kinds;
      return;
    }
    const keyed = known.key.length > 0 ? new KeyedFacts(this.store, known.id) : undefined;
    if (keyed) keyed.kinds = kinds;
    this.sources.set(known.name, { known, schema, keyed, indexes: [] });
  }
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

function withoutBackfill({ id, source, by, columns, meaning }: IndexDefinition): IndexDefinition {
  return { id, source, by, columns, meaning };
}

/** The source with new columns after those known; refuses what would give stored facts another meaning. */
function grown(source: Source, before: KnownSource | undefined, nextId: () => number): KnownSource {
  const declared = Object.entries(source.columns).map(([name, column]) => ({
    name,
    kind: columnKind(column),
  }));
  if (!before) return { name: source.name, id: nextId(), columns: declared, key: source.key };
  if (before.stale === true) {
    throw new PawlError("conflict", `The state of source "${source.name}" is not complete.`, {
      found: "facts that came in while no definition spoke of it",
      next: "Delete the folder `state`; it is made again from the log. Do not delete the log.",
    });
  }
  const kinds = new Map(before.columns.map(({ name, kind }) => [name, kind]));
  for (const { name, kind } of declared) {
    const was = kinds.get(name);
    if (was === undefined || was === kind) continue;
    throw new PawlError(
      "definition_conflict",
      `Column "${name}" of source "${source.name}" has facts of another kind.`,
      {
        found: kind,
        expected: was,
        next: "Give the column another name, or the source.",
      },
    );
  }
  if (!sameNames(before.key, source.key)) {
    throw new PawlError(
      "definition_conflict",
      `The key of source "${source.name}" cannot change while it has facts.`,
      {
        found: source.key.join(", ") || "no key",
        expected: before.key.join(", ") || "no key",
        next: "Give the source another name.",
      },
    );
  }
  const added = declared.filter(({ name }) => !kinds.has(name));
  return added.length === 0 ? before : { ...before, columns: [...before.columns, ...added] };
}

/** One index for every way a source's features are looked up, with the columns any of them uses. */
function wantedIndexes(
  source: Source,
  groups: readonly FeatureGroup[],
): { by: readonly string[]; columns: readonly string[]; meaning: string }[] {
  const byKey = new Map<string, { by: readonly string[]; columns: Set<string> }>();
  for (const group of groups) {
    const place = JSON.stringify(group.by);
    const wanted = byKey.get(place) ?? { by: group.by, columns: new Set<string>() };
    byKey.set(place, wanted);
    for (const { node } of group.features) {
      walk(node, (inner) => {
        if (inner.op === "column" && inner.name !== source.eventTime) wanted.columns.add(inner.name);
      });
    }
  }
  return [...byKey.values()].map(({ by, columns }) => {
    const names = [...columns].sort();
    const kinds = Object.fromEntries(
      [...names, ...by].map((name) => [name, columnKind(source.columns[name] as Source["columns"][string])]),
    );
    const meaning: Json = {
      source: source.name,
      by: [...by],
      columns: names,
      kinds,
      eventTime: source.eventTime,
      knownTime: JSON.parse(canonicalJson(source.knownTime as unknown as Json)) as Json,
    };
    return { by, columns: names, meaning: contentHash(meaning) };
  });
}
