import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { columnKind, type Location } from "@pawl/core";
import { checkEngine, engineLaws, type EngineQuestion, type TestedEngine } from "@pawl/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { writeFacts } from "./facts-file.test-support.ts";
import type { History, HistoryOptions } from "./history.ts";
import { openHistory } from "./open-history.ts";

const root = mkdtempSync(join(tmpdir(), "pawl-laws-"));
const opened: History[] = [];
let serial = 0;

afterAll(async () => {
  for (const history of opened) await history.close();
  rmSync(root, { recursive: true, force: true });
});

/** History over files that hold exactly the facts of each question. */
function engine(name: string, options: Partial<HistoryOptions>): TestedEngine {
  const places = new Map<string, Location>();
  let history: Promise<History> | undefined;
  const open = async (): Promise<History> => {
    const made = await openHistory({
      root,
      ...options,
      locate: (source) => [places.get(source.name) ?? { kind: "parquet", path: "none" }],
    });
    opened.push(made);
    return made;
  };
  return {
    name,
    fill: async ({ catalog, plan, spine, asOf, facts, view }: EngineQuestion) => {
      for (const [name, source] of catalog.sources) {
        const path = `${name}-${serial++}.parquet`;
        await writeFacts(join(root, path), source, facts[name] ?? []);
        places.set(name, { kind: "parquet", path });
      }
      const columns = Object.fromEntries(
        Object.entries(view.spine).map(([column, declared]) => [column, columnKind(declared)]),
      );
      const engine = await (history ??= open());
      const filled = await engine.fill({ plan, spine: { kind: "rows", columns, rows: spine }, asOf });
      try {
        return await filled.rowObjects();
      } finally {
        await filled.close();
      }
    },
  };
}

const runs = Number(process.env["PAWL_LAW_RUNS"] ?? 50);

describe("history", () => {
  const whole = engine("history", { threads: 1 });
  for (const law of engineLaws) {
    test(`${law}`, async () => {
      await expect(checkEngine(whole, { laws: [law], runs })).resolves.toBeUndefined();
    }, 600_000);
  }

  const tiny = engine("history in many passes", { threads: 2, factsPerPass: 3, valuesPerBlock: 20 });
  test(`${engineLaws[0]}, in passes of 3 facts and blocks of 20 values`, async () => {
    const laws = [engineLaws[0], engineLaws[2]];
    await expect(checkEngine(tiny, { laws, runs: Math.ceil(runs / 2) })).resolves.toBeUndefined();
  }, 600_000);
});
