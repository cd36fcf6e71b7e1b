import { type Instant, PawlError } from "@pawl/core";
import type { Row } from "../facts/fact-schema.ts";
import type { LogBlock, LogRecord, Operation, PushAnswer } from "../log/log-record.ts";
import type { Acknowledgement } from "../present.ts";
import type { ReaderClock } from "../reader-clock.ts";
import type { KeptFact } from "../state/keyed-facts.ts";
import type { LiveSource } from "../state/state.ts";

/** What a caller wants done, checked and waiting. */
export interface Wish {
  readonly source: LiveSource;
  readonly op: "put" | "delete";
  /** Facts; of a removal, rows with the key columns only. */
  readonly rows: readonly Row[];
  readonly id: string | undefined;
}

interface Waiting {
  readonly wish: Wish;
  readonly resolve: (answer: Acknowledgement) => void;
  readonly reject: (error: unknown) => void;
}

interface Decided {
  readonly waiting: Waiting;
  readonly counts: { added: number; corrected: number; unchanged: number; removed: number };
  sequence: number;
}

export interface CommitterParts {
  readonly clock: ReaderClock;
  /** The sequence of the last operation. */
  readonly sequence: () => number;
  readonly answerOf: (id: string) => PushAnswer | undefined;
  /** Makes a record durable. */
  readonly append: (record: LogRecord) => Promise<void>;
  /** Makes it readable; must not fail. */
  readonly apply: (record: LogRecord, sources: readonly LiveSource[]) => void;
  /** Called before each commit: waits for the store to catch up, or refuses where it cannot. */
  readonly room: () => Promise<void>;
}

/** Operations in one record; enough to make one fsync cheap, few enough to keep readers from waiting. */
const factsPerCommit = 2000;

/**
 * Decides, one commit after another, what waiting pushes change, writes that to the log, and only then makes
 * it readable and answers. Pushes that wait together share one fsync.
 */
export class Committer {
  private readonly parts: CommitterParts;
  private readonly limit: number;
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private closed = false;
  /** Facts a second lately, for advice to those who must wait. */
  private rate = 50_000;
  facts = 0;

  constructor(parts: CommitterParts, waitingFacts: number) {
    this.parts = parts;
    this.limit = waitingFacts;
  }

  submit(wish: Wish): Promise<Acknowledgement> {
    if (this.closed) return Promise.reject(new PawlError("unavailable", "The online store is closed."));
    const facts = wish.rows.length;
    if (this.facts > 0 && this.facts + facts > this.limit) {
      const retryAfterMs = Math.max(5, Math.ceil((this.facts / this.rate) * 1000));
      return Promise.reject(
        new PawlError("exhausted", "More facts are coming in than the disk takes.", {
          found: `${this.facts} facts waiting`,
          expected: `at most ${this.limit}`,
          next: `Push again in ${retryAfterMs} ms.`,
          details: { retryAfterMs },
        }),
      );
    }
    this.facts += facts;
    return new Promise((resolve, reject) => {
      this.queue.push({ wish, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Answers what waits, and takes nothing more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    // Pushes made in the same turn go together.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const batch = this.take();
      const started = performance.now();
      const facts = batch.reduce((sum, { wish }) => sum + wish.rows.length, 0);
      try {
        await this.parts.room();
        await this.commit(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      } finally {
        this.facts -= facts;
      }
      const seconds = Math.max(1e-4, (performance.now() - started) / 1000);
      if (facts > 100) this.rate = 0.8 * this.rate + 0.2 * (facts / seconds);
    }
    // In the same turn as the last look at the queue: later, a push could be left behind.
    this.running = undefined;
  }

  private take(): Waiting[] {
    let facts = 0;
    let pushes = 0;
    for (const { wish } of this.queue) {
      facts += wish.rows.length;
      if (pushes > 0 && facts > factsPerCommit) break;
      pushes++;
    }
    return this.queue.splice(0, pushes);
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    const { clock, append, apply, answerOf } = this.parts;
    const acceptedAt = clock.now();
    const decision = new Decision(this.parts.sequence());
    const decided: Decided[] = [];
    const again: { waiting: Waiting; first: Decided | PushAnswer }[] = [];
    const named = new Map<string, Decided>();
    for (const waiting of batch) {
      const { id } = waiting.wish;
      const first = id === undefined ? undefined : (named.get(id) ?? answerOf(id));
      if (first) {
        again.push({ waiting, first });
        continue;
      }
      const made = decision.decide(waiting);
      decided.push(made);
      if (id !== undefined) named.set(id, made);
    }
    let floor = acceptedAt as number;
    for (const [i, { operations }] of decision.blocks.entries()) {
      const { schema } = decision.sources[i] as LiveSource;
      for (const { op, row } of operations) {
        const known = op === "put" ? schema.knownTime(row) : null;
        if (known === null) continue;
        const seen = clock.seenFrom(known, acceptedAt);
        if (seen !== undefined && seen > floor) floor = seen;
      }
    }
    const answers = new Map<Decided, PushAnswer>();
    for (const made of decided) {
      const { counts, sequence, waiting } = made;
      answers.set(made, { id: waiting.wish.id ?? "", ...counts, sequence, asOf: floor });
    }
    const count = decision.next - decision.first;
    if (count > 0 || named.size > 0) {
      const record: LogRecord = {
        first: decision.first,
        count,
        acceptedAt,
        floor,
        blocks: decision.blocks,
        answers: [...answers.values()].filter(({ id }) => id !== ""),
      };
      await append(record);
      apply(record, decision.sources);
    }
    clock.advance(floor);
    for (const made of decided) made.waiting.resolve(acknowledgement(answers.get(made) as PushAnswer));
    for (const { waiting, first } of again) {
      const answer = "waiting" in first ? (answers.get(first) as PushAnswer) : first;
      waiting.resolve(acknowledgement(answer));
    }
  }
}

function acknowledgement(answer: PushAnswer): Acknowledgement {
  const { added, corrected, unchanged, removed, sequence, asOf } = answer;
  return { added, corrected, unchanged, removed, sequence, asOf: asOf as Instant };
}

/** What one commit changes, in the order the pushes came; later ones see what earlier ones did. */
class Decision {
  readonly first: number;
  next: number;
  readonly blocks: (LogBlock & { operations: Operation[] })[] = [];
  readonly sources: LiveSource[] = [];
  private readonly recent = new Map<LiveSource, Map<string, KeptFact | null>>();

  constructor(last: number) {
    this.first = last + 1;
    this.next = this.first;
  }

  decide(waiting: Waiting): Decided {
    const { source, op, rows } = waiting.wish;
    const made: Decided = {
      waiting,
      counts: { added: 0, corrected: 0, unchanged: 0, removed: 0 },
      sequence: 0,
    };
    const { operations } = this.blockFor(source);
    for (const row of rows) {
      const kept =
        op === "put" ? this.put(source, row, operations, made) : this.remove(source, row, operations, made);
      if (kept > made.sequence) made.sequence = kept;
    }
    return made;
  }

  private put(source: LiveSource, row: Row, operations: Operation[], { counts }: Decided): number {
    const key = source.keyed ? source.schema.keyOf(row) : undefined;
    const old = key === undefined ? undefined : this.lookup(source, key);
    if (old && sameRow(old.row, row)) {
      counts.unchanged++;
      return old.sequence;
    }
    const sequence = this.next++;
    operations.push({ sequence, op: "put", row, ...(old && { old }) });
    if (key !== undefined) this.overlay(source).set(key, { sequence, row });
    if (old) counts.corrected++;
    else counts.added++;
    return sequence;
  }

  private remove(source: LiveSource, row: Row, operations: Operation[], { counts }: Decided): number {
    const key = source.schema.keyOf(row) ?? "";
    const old = this.lookup(source, key);
    if (!old) return 0;
    const sequence = this.next++;
    operations.push({ sequence, op: "delete", row: old.row, old });
    this.overlay(source).set(key, null);
    counts.removed++;
    return sequence;
  }

  private lookup(source: LiveSource, key: string): KeptFact | undefined {
    const recent = this.recent.get(source)?.get(key);
    if (recent !== undefined) return recent ?? undefined;
    return source.keyed?.get(key);
  }

  private overlay(source: LiveSource): Map<string, KeptFact | null> {
    let overlay = this.recent.get(source);
    if (!overlay) this.recent.set(source, (overlay = new Map()));
    return overlay;
  }

  private blockFor(source: LiveSource): LogBlock & { operations: Operation[] } {
    const last = this.blocks.at(-1);
    if (last && this.sources.at(-1) === source) return last;
    const { columns, kinds } = source.schema;
    const block = { source: source.known.name, columns, kinds, operations: [] };
    this.blocks.push(block);
    this.sources.push(source);
    return block;
  }
}

function sameRow(a: Row, b: Row): boolean {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) if ((a[i] ?? null) !== (b[i] ?? null)) return false;
  return true;
}
