import type { LogPosition } from "../log/fact-log.ts";
import type { PushAnswer } from "../log/log-record.ts";
import type { Change, KeyValueStore } from "../store/key-value-store.ts";
import type { FactIndex, Writing } from "./fact-index.ts";
import { answerKey, notesKey, type State } from "./state.ts";

/** Where the state is, between two commits. */
export interface Moment {
  readonly sequence: number;
  readonly position: LogPosition;
  readonly floor: number;
  readonly exportedUpTo: number;
}

/** How long a push can be answered again by its name. */
const answersKept = 7 * 86_400_000_000;
const answersPerCheckpoint = 1000;
/** After every answer's key, which begins "push ". */
const answerEnd = Buffer.from("push!", "utf8");

const timelinesPerWrite = 1000;
const factsPerWrite = 2000;

/**
 * Brings what changed in memory to the store, a little at a time while facts go on coming in. Once all that
 * had changed at the start is there, the notes say so, and a new start reads the log from that point only.
 * A process killed half-way starts from the checkpoint before: what was written early is written again.
 */
export class Checkpointer {
  private readonly state: State;
  private readonly store: KeyValueStore;
  private readonly moment: () => Moment;
  private running: Promise<void> | undefined;
  private waiting: (() => void)[] = [];
  /** Where the last look at old answers ended. */
  private answersSeen: Uint8Array | undefined;
  /** The last sequence a start need not read again. */
  sequence: number;

  constructor(state: State, store: KeyValueStore, moment: () => Moment, sequence: number) {
    this.state = state;
    this.store = store;
    this.moment = moment;
    this.sequence = sequence;
  }

  /** Keys that differ from the store. */
  get dirty(): number {
    let keys = 0;
    for (const { keyed, indexes } of this.state.sources.values()) {
      keys += keyed?.size ?? 0;
      for (const { changed } of indexes) keys += changed.size;
    }
    return keys;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Runs one checkpoint, or waits for the one under way. */
  run(): Promise<void> {
    this.running ??= this.writeAndRest();
    return this.running;
  }

  /** Resolves when a part of the checkpoint under way has been written, or it is over. */
  async progress(): Promise<void> {
    if (!this.running) return;
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
    });
  }

  /** A checkpoint that starts now, after any that is under way. */
  async runAnew(): Promise<void> {
    await this.running?.catch(() => {});
    await this.run();
  }

  private async writeAndRest(): Promise<void> {
    // Begins in a later turn, so that `running` is set before it can be over.
    await Promise.resolve();
    try {
      await this.write();
    } finally {
      this.running = undefined;
      this.step();
    }
  }

  private async write(): Promise<void> {
    const now = this.moment();
    const backfills = new Map(
      [...this.state.indexes.values()].map((index) => [index, index.backfill] as const),
    );
    const answers = [...this.state.answers];
    const work = [...this.state.indexes.values()].map((index) => ({
      index,
      timelines: [...index.changed].sort((a, b) => (a.key < b.key ? -1 : 1)),
    }));
    const keyed = [...this.state.sources.values()].flatMap(({ keyed }) => (keyed ? [keyed] : []));
    for (const facts of keyed) {
      try {
        await this.writeAll(facts.startWriting(), (changes) => facts.written(changes));
      } catch (error) {
        facts.failed();
        throw error;
      }
    }
    for (const { index, timelines } of work) {
      for (let i = 0; i < timelines.length; i += timelinesPerWrite) {
        await this.writeTimelines(index, timelines.slice(i, i + timelinesPerWrite));
      }
    }
    await this.writeAll(
      answers.map(([id, answer]) => change(answerKey(id), answer)),
      () => {},
    );
    await this.store.write([change(notesKey, this.state.notes({ ...now, backfills }))]);
    await this.forgetAnswers(now.floor - answersKept);
    for (const [id, answer] of answers) {
      if (this.state.answers.get(id) === answer) this.state.answers.delete(id);
    }
    this.sequence = now.sequence;
  }

  /** Looks at some stored answers in turn and deletes the old ones. */
  private async forgetAnswers(before: number): Promise<void> {
    const from = this.answersSeen ?? answerKey("");
    const entries = this.store.range("meta", from, answerEnd, answersPerCheckpoint);
    const old = entries.filter(({ value }) => {
      return (JSON.parse(Buffer.from(value).toString("utf8")) as PushAnswer).asOf < before;
    });
    await this.store.write(old.map(({ key }) => ({ table: "meta", key, value: null })));
    const last = entries.at(-1);
    this.answersSeen = last && Buffer.concat([last.key, Buffer.from([0])]);
  }

  private async writeTimelines(
    index: FactIndex,
    timelines: Parameters<FactIndex["startWriting"]>[0],
  ): Promise<void> {
    const writing: Writing = index.startWriting(timelines);
    try {
      await this.store.write(writing.changes);
    } catch (error) {
      writing.failed();
      throw error;
    }
    writing.written();
    this.step();
  }

  private async writeAll(
    changes: Iterable<Change>,
    written: (changes: readonly Change[]) => void,
  ): Promise<void> {
    let batch: Change[] = [];
    const write = async (): Promise<void> => {
      await this.store.write(batch);
      written(batch);
      this.step();
      batch = [];
    };
    for (const each of changes) if (batch.push(each) >= factsPerWrite) await write();
    await write();
  }

  /** Lets those go on who wait for room. */
  private step(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}

function change(key: Uint8Array, value: unknown): Change {
  return { table: "meta", key, value: Buffer.from(JSON.stringify(value), "utf8") };
}
