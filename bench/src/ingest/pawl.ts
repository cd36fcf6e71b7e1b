import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openPresent } from "@pawl/present";
import { cacheFolder } from "../harness/places.ts";
import { pawlVersion } from "../harness/pawl-version.ts";
import { serveContender } from "../harness/serve-contender.ts";
import { after, definitions, payers, payment } from "./payments.ts";

/** Pushes `facts` payments in batches, so many batches in flight; every answer means: on disk. */
await serveContender(async ({ options }) => {
  const { facts, batch, inFlight } = options as { facts: number; batch: number; inFlight: number };
  const directory = mkdtempSync(join(cacheFolder("ingest"), "pawl-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  let pushed = 0;
  const present = await openPresent({ directory, catalog: definitions, clock: () => after(pushed) });
  return {
    version: pawlVersion,
    run: async () => {
      const from = pushed;
      const until = pushed + facts;
      pushed = until;
      let next = from;
      const lane = async (): Promise<void> => {
        while (next < until) {
          const first = next;
          next = Math.min(next + batch, until);
          await present.push(
            "payments",
            Array.from({ length: next - first }, (_, i) => payment(first + i)),
          );
        }
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
      return {
        answer: () => {
          const rows = Array.from({ length: payers }, (_, payer) => ({ payer }));
          const { values } = present.vectors("of_payer", rows);
          return [Float64Array.from(values, ([last]) => Number(last ?? Number.NaN))];
        },
      };
    },
    close: () => present.close(),
  };
});
