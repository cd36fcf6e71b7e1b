import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auc } from "@pawl/core";
import { gradientBoosting, loadModel } from "@pawl/trainers";
import { afterAll, expect, test } from "vitest";
import { readTable, writeTable } from "../harness/table-file.ts";
import { censusTable, numbersTable } from "./data.ts";
import { boostingSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["numbers", numbersTable, 0.68],
  ["census", censusTable, 0.78],
] as const)("%s can be learned, and a row alone scores as it does among others", async (name, make, bar) => {
  writeTable(folder, `${name}-train`, make(3000, 1));
  writeTable(folder, `${name}-test`, make(1000, 2));
  const train = readTable(folder, `${name}-train`);
  const test = readTable(folder, `${name}-test`);
  const input = { ...train, task: { kind: "binary" }, seed: 1 } as const;
  const model = await gradientBoosting.train(input, { ...boostingSettings, rounds: 30 });
  const scores = model.predict(test.frame);
  expect(auc(test.target, scores)).toBeGreaterThan(bar);
  const again = loadModel(model.bytes());
  const out = new Float64Array(1);
  for (let row = 0; row < 1000; row++) {
    again.scoreRow(again.rowOf(test.frame, row), out);
    expect(out[0]).toBeCloseTo(scores[row] as number, 12);
  }
});

test("a table is read back as it was written", () => {
  const table = censusTable(50, 3);
  writeTable(folder, "small", table);
  const { frame, target } = readTable(folder, "small");
  expect(target).toEqual(table.target);
  for (const [c, column] of frame.columns.entries()) {
    const written = table.columns[c]?.values ?? new Float64Array();
    const read = column.kind === "numeric" ? column.values : column.codes;
    expect([...read].map((x) => (x === -1 && column.kind === "categorical" ? Number.NaN : x))).toEqual([
      ...written,
    ]);
  }
  expect(readFileSync(join(folder, "small.f64")).length).toBe(15 * 50 * 8);
});
