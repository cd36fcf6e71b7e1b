import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@pawl/core";
import { openPresent } from "@pawl/present";
import { cacheFolder } from "../harness/places.ts";
import { pawlVersion } from "../harness/pawl-version.ts";
import { percentiles } from "../harness/percentiles.ts";
import { serveContender } from "../harness/serve-contender.ts";
import { asked, columns, compared, definitions, facts, things } from "./readings.ts";

await serveContender(async ({ options }) => {
  const { group, rows, reads } = options as { group: string; rows: number; reads: number };
  const directory = mkdtempSync(join(cacheFolder("online-read"), "pawl-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const present = await openPresent({ directory, catalog: definitions, clock: () => asked });
  const all = facts();
  for (let at = 0; at < all.length; at += 1000) await present.push("readings", all.slice(at, at + 1000));
  const random = seededRandom(1);
  return {
    version: pawlVersion,
    run: async () => {
      const micros = new Float64Array(reads);
      for (let i = 0; i < reads; i++) {
        const keys = Array.from({ length: rows }, () => ({ thing: random.below(things) }));
        const start = performance.now();
        present.vectors(group, keys);
        micros[i] = (performance.now() - start) * 1000;
      }
      return {
        numbers: () => percentiles(micros),
        answer: () => {
          const keys = Array.from({ length: compared }, (_, thing) => ({ thing }));
          const { values } = present.vectors(group, keys);
          return columns.map((_, c) => Float64Array.from(values, (row) => Number(row[c] ?? Number.NaN)));
        },
      };
    },
    close: () => present.close(),
  };
});
