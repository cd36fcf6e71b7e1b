import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { DuckDBInstance } from "@duckdb/node-api";
import { openHistory } from "@pawl/history";
import { afterAll, expect, test } from "vitest";
import { fillColumns } from "../harness/fill-columns.ts";
import { quoted } from "../harness/parquet-file.ts";
import { writeFlights } from "./data.ts";
import { featureNames, windowsRequest } from "./definitions.ts";
import { expectedWindows, type Flight } from "./expected.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a day of flights gives what the first law says, flight by flight", async () => {
  await writeFlights(folder, { spine: 400, facts: 20_000 });
  const history = await openHistory({ root: folder, threads: 1 });
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const read = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJS();
  try {
    const flights = (
      await read(
        `SELECT origin, destination, epoch_us(departure)::DOUBLE AS event, distance::DOUBLE AS distance,
           delay::DOUBLE AS delay FROM ${quoted(join(folder, "facts.parquet"))}`,
      )
    ).map((f): Flight => {
      const { event, distance, delay } = f as { event: number; distance: number; delay: number };
      const minutes = distance * 0.12 + 40 + delay;
      return { ...(f as unknown as Flight), known: event + Math.round(minutes * 60_000_000) };
    });
    const rows = (await read(
      `SELECT origin, destination, epoch_us(departure)::DOUBLE AS departure
         FROM ${quoted(join(folder, "spine.parquet"))} ORDER BY row`,
    )) as unknown as { origin: string; destination: string; departure: number }[];
    const found = await fillColumns(history, windowsRequest(folder));
    expect(found).toHaveLength(featureNames.length);
    expect(rows).toHaveLength(400);
    const busy = found[4]?.filter((landed) => landed > 0).length;
    expect(busy).toBeGreaterThan(100);
    const wrong = rows.flatMap((row, r) =>
      expectedWindows(flights, row).flatMap((expected, c) => {
        const value = found[c]?.[r] as number;
        const equal = Number.isNaN(expected) ? Number.isNaN(value) : Math.abs(value - expected) < 1e-9;
        return equal ? [] : [{ row, feature: featureNames[c], expected, value }];
      }),
    );
    expect(wrong).toEqual([]);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await history.close();
  }
});
