import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPresent } from "@pawl/present";
import { afterAll, expect, test } from "vitest";
import { after, definitions as ofPayments, payers, payment } from "../ingest/payments.ts";
import { asked, columns, definitions, facts, factsEach, valueOf } from "./readings.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("latest and windowed values are those of the generator", async () => {
  const directory = join(folder, "readings");
  const present = await openPresent({ directory, catalog: definitions, clock: () => asked });
  try {
    await present.push(
      "readings",
      facts().filter(({ thing = 0 }) => thing < 20),
    );
    const keys = Array.from({ length: 20 }, (_, thing) => ({ thing }));
    const latest = keys.map(({ thing }) => columns.map((_, c) => valueOf(thing, factsEach - 1, c)));
    expect(present.vectors("latest", keys).values).toEqual(latest);
    const windowed = present.vectors("windowed", keys);
    const column = windowed.names.findIndex((name) => name.endsWith("sum_1d_3"));
    const sums = keys.map(({ thing }) => [0, 1, 2].reduce((sum, n) => sum + valueOf(thing, n, 3), 0));
    expect(windowed.values.map((row) => row[column])).toEqual(sums);
  } finally {
    await present.close();
  }
});

test("payments pushed one by one, many in flight, are all seen", async () => {
  const directory = join(folder, "payments");
  const present = await openPresent({ directory, catalog: ofPayments, clock: () => after(300) });
  try {
    await Promise.all(Array.from({ length: 300 }, (_, n) => present.push("payments", [payment(n)])));
    const rows = Array.from({ length: 300 }, (_, n) => ({ payer: payment(n).payer }));
    expect(new Set(rows.map(({ payer }) => payer)).size).toBe(300);
    const { values } = present.vectors("of_payer", rows);
    expect(values.map(([last]) => last)).toEqual(rows.map((_, n) => payment(n).amount));
    expect(payers).toBeGreaterThan(300);
  } finally {
    await present.close();
  }
});
