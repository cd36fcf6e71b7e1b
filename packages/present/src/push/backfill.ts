import { PawlError, type Work } from "@pawl/core";
import type { FactLog } from "../log/fact-log.ts";
import type { LogBlock } from "../log/log-record.ts";
import type { FactIndex } from "../state/fact-index.ts";
import type { State } from "../state/state.ts";

/**
 * Fills new indexes from the log while facts go on coming in. New facts go to every index at once, filled or
 * not; from the log come those that are still live. Adding a fact that is there changes nothing, and a fact
 * corrected before its turn is passed over, so there is neither gap nor double count. The place reached is
 * kept with each checkpoint.
 */
export class Backfill {
  private readonly log: FactLog;
  private readonly state: State;
  private readonly room: () => Promise<void>;
  private running: Promise<void> | undefined;
  private stopped = false;
  private reached = 0;

  constructor(log: FactLog, state: State, room: () => Promise<void>) {
    this.log = log;
    this.state = state;
    this.room = room;
  }

  /** Goes to work if there is any. */
  start(work: Work = {}): void {
    if (this.running || this.stopped || this.waiting().length === 0) return;
    this.running = this.run(work);
    // Told to whoever asks with `done`; nobody has to.
    this.running.catch(() => {});
  }

  /** Resolves when nothing is left to fill; rejects if it had to stop. */
  async done(): Promise<void> {
    while (this.running) await this.running;
    if (this.waiting().length > 0 && !this.stopped) {
      this.start();
      await this.running;
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running?.catch(() => {});
  }

  remaining(index: FactIndex): number {
    return index.backfill ? Math.max(0, this.state.sequence - this.reached) : 0;
  }

  private waiting(): FactIndex[] {
    return [...this.state.indexes.values()].filter(({ backfill }) => backfill);
  }

  private async run(work: Work): Promise<void> {
    await Promise.resolve();
    try {
      for (let [index] = this.waiting(); index && !this.stopped; [index] = this.waiting()) {
        await this.fill(index, work);
      }
    } finally {
      this.running = undefined;
    }
  }

  private async fill(index: FactIndex, work: Work): Promise<void> {
    const from = index.backfill;
    if (!from) return;
    const { source } = index.definition;
    for await (const { record, next } of this.log.read(from)) {
      if (this.stopped) return;
      if (work.signal?.aborted) throw new PawlError("cancelled", `Filling ${index.name} was stopped.`);
      for (const block of record.blocks) if (block.source === source) this.insert(index, block);
      index.backfill = next;
      this.reached = record.first + record.count - 1;
      work.onProgress?.({ stage: `filling ${index.name}`, done: this.reached, total: this.state.sequence });
      await this.room();
      // Facts and readers come first.
      await new Promise((resolve) => setImmediate(resolve));
    }
    // What came in since the log was opened for reading went to the index directly.
    index.backfill = undefined;
  }

  private insert(index: FactIndex, { operations }: LogBlock): void {
    const source = this.state.sources.get(index.definition.source);
    if (!source) return;
    for (const { op, sequence, row } of operations) {
      if (op !== "put" || (row[source.schema.eventTime] as number) < index.forgotten) continue;
      const key = source.keyed ? source.schema.keyOf(row) : undefined;
      const isLive = key === undefined || source.keyed?.get(key)?.sequence === sequence;
      if (isLive) index.insert(sequence, row);
    }
  }
}
