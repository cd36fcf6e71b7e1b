import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { openPresent } from "../embedded-present.ts";
import { catalogs, chances, lanes, perform, start } from "./crash-load.ts";

/** What the parent wants: work in a directory from these operations on, until killed. */
export interface Task {
  readonly directory: string;
  readonly seed: number;
  readonly from: readonly number[];
}

/** Answered operation n of a lane. */
export interface Answered {
  readonly lane: number;
  readonly n: number;
}

process.once("message", (task: Task) => {
  work(task).catch((error: unknown) => {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
process.send?.("ready");

async function work({ directory, seed, from }: Task): Promise<void> {
  const chance = chances(seed);
  let now = start;
  const present = await openPresent(
    {
      directory,
      catalog: catalogs[chance(2)] as (typeof catalogs)[number],
      // Goes back now and then.
      clock: () => (now += chance(7) - 2),
      // Little of everything, mostly, so that checkpoints, splits and new segments happen all the time.
      limits: { dirtyKeys: [20, 200, 5000][chance(3)] as number, memoryBytes: 50_000 },
    },
    { segmentBytes: 20_000, sizes: { leafFacts: 6, innerChildren: 4 } },
  );
  const lane = async (at: number): Promise<void> => {
    for (let n = from[at] ?? 0; ; n++) {
      await perform(present, at, n);
      process.send?.({ lane: at, n } satisfies Answered);
    }
  };
  const upkeep = async (): Promise<void> => {
    for (let turn = 0; ; turn++) {
      await new Promise((resolve) => setTimeout(resolve, chance(15)));
      if (turn % 3 === 0) await present.applyDefinitions(catalogs[chance(2)] as (typeof catalogs)[number]);
      if (turn % 3 === 1) await present.checkpoint();
      if (turn % 3 === 2) {
        await present.exportLog(
          ({ facts }) =>
            appendFile(join(directory, "exported.txt"), facts.map((f) => `${f.sequence}\n`).join("")),
          { batchSize: 50 },
        );
      }
    }
  };
  await Promise.all([...Array.from({ length: lanes }, (_, at) => lane(at)), upkeep()]);
}
