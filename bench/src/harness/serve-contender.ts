import { createInterface } from "node:readline";
import { type Answer, writeAnswer } from "./answer-file.ts";
import type { Asked, Job, Said } from "./contender.ts";
import { peakMemory } from "./peak-memory.ts";

/** What one timed run gives. Both functions are called after the clock has stopped. */
export interface Run {
  /** Numbers worth a column of their own. */
  numbers?(): Readonly<Record<string, number>>;
  /** When the work is done by another process: its highest resident memory so far. */
  readonly peakBytes?: number | undefined;
  answer(): Answer | Promise<Answer>;
}

export interface Prepared {
  readonly version: string;
  /** The timed work, from files to results in memory. */
  run(): Promise<Run>;
  close?(): Promise<void> | void;
}

const say = (said: Said): void => {
  process.stdout.write(`${JSON.stringify(said)}\n`);
};

/** The child's side of the protocol: prepare once, then run as often as the bench asks. */
export async function serveContender(prepare: (job: Job) => Promise<Prepared>): Promise<void> {
  try {
    const prepared = await prepare(JSON.parse(process.argv[2] ?? "{}") as Job);
    say({ said: "ready", version: prepared.version });
    let last: Run | undefined;
    for await (const line of createInterface({ input: process.stdin })) {
      const asked = JSON.parse(line) as Asked;
      if (asked.ask === "run") {
        last = undefined;
        const start = performance.now();
        last = await prepared.run();
        const seconds = (performance.now() - start) / 1000;
        const peakBytes = last.peakBytes ?? peakMemory();
        say({ said: "ran", seconds, peakBytes, numbers: last.numbers?.() ?? {} });
      } else {
        const answer = (await last?.answer()) ?? [];
        writeAnswer(asked.path, answer);
        say({ said: "answered", rows: answer[0]?.length ?? 0, columns: answer.length });
      }
    }
    await prepared.close?.();
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    say({ said: "failed", why });
    process.exitCode = 1;
  }
}
