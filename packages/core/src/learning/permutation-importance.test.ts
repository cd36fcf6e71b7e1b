import { describe, expect, it } from "vitest";
import type { Frame } from "./frame.ts";
import { rmse } from "./metrics/regression.ts";
import { permutationImportance } from "./permutation-importance.ts";
import { seededRandom } from "./seeded-random.ts";

const random = seededRandom(7);
const rows = 400;
const a = Float64Array.from({ length: rows }, () => random.normal());
const b = Float64Array.from({ length: rows }, () => random.normal());
const frame: Frame = {
  rows,
  columns: [
    { name: "a", kind: "numeric", values: a },
    { name: "b", kind: "numeric", values: b },
    { name: "c", kind: "categorical", codes: new Int32Array(rows), categories: ["only"] },
  ],
};
/** Knows that the label is 2a and ignores the rest. */
const model = {
  predict: (f: Frame) => {
    const column = f.columns[0];
    return column?.kind === "numeric" ? column.values.map((x) => 2 * x) : new Float64Array();
  },
};
const labels = a.map((x, i) => 2 * x + 0.1 * (b[i] ?? 0));
const options = { score: (p: Float64Array) => rmse(labels, p), higherIsBetter: false, repeats: 5, seed: 3 };

describe("permutationImportance", () => {
  it("finds the column that matters, with an interval, and gives the others zero", () => {
    const [first, second, third] = permutationImportance(model, frame, options);
    expect(first?.low).toBeGreaterThan(1);
    expect(first?.high).toBeGreaterThan(first?.mean ?? Infinity);
    expect([second?.mean, second?.deviation, third?.mean]).toEqual([0, 0, 0]);
  });

  it("is a function of the seed", () => {
    const again = permutationImportance(model, frame, options);
    expect(again).toEqual(permutationImportance(model, frame, options));
    expect(again).not.toEqual(permutationImportance(model, frame, { ...options, seed: 4 }));
  });

  it("refuses a single repeat", () => {
    expect(() => permutationImportance(model, frame, { ...options, repeats: 1 })).toThrow(
      "at least 2 repeats",
    );
  });
});
