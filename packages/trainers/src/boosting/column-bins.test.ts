import { array, assert, constantFrom, double, float, integer, oneof, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { binCount, binOfValue, categoricalBins, numericBins, thresholdBetween } from "./column-bins.ts";

const numeric = (values: readonly number[]) => ({
  name: "x",
  kind: "numeric" as const,
  values: Float64Array.from(values),
});

describe("thresholdBetween", () => {
  it("is a float32 that parts its neighbours, whatever they are", () => {
    assert(
      property(float({ noNaN: true }), float({ noNaN: true }), (a, b) => {
        const [lo, hi] = [Math.min(a, b), Math.max(a, b)];
        const threshold = thresholdBetween(lo, hi);
        if (lo === hi) return;
        expect(Math.fround(threshold)).toBe(threshold);
        expect(lo <= threshold && threshold < hi).toBe(true);
      }),
    );
  });
});

describe("numericBins", () => {
  const values = array(oneof(double(), integer({ min: 0, max: 5 }), constantFrom(Infinity, -Infinity, -0)), {
    minLength: 1,
    maxLength: 80,
  });

  it("keeps the order of values, within the number of bins, missing apart", () => {
    assert(
      property(values, integer({ min: 2, max: 20 }), (cells, maxBins) => {
        const bins = numericBins(numeric(cells), undefined, maxBins);
        expect(binCount(bins)).toBeLessThanOrEqual(maxBins + 1);
        for (const x of cells) {
          const bin = binOfValue(bins, x);
          expect(bin === 0).toBe(Number.isNaN(x));
          const above = cells.filter((y) => y >= x).map((y) => binOfValue(bins, y));
          expect(above.every((other) => other >= bin)).toBe(true);
        }
      }),
    );
  });

  it("is exact when values are few: equal values share a bin, others do not", () => {
    assert(
      property(values, (cells) => {
        const bins = numericBins(numeric(cells), undefined, 255);
        for (const x of cells) {
          for (const y of cells) {
            if (Number.isNaN(x) || Number.isNaN(y)) continue;
            expect(binOfValue(bins, x) === binOfValue(bins, y)).toBe(Math.fround(x) === Math.fround(y));
          }
        }
      }),
    );
  });

  it("cuts many values into bins of about equal weight", () => {
    const cells = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_000);
    const bins = numericBins(numeric(cells), undefined, 50);
    const counts = new Float64Array(binCount(bins));
    for (const x of cells) {
      const bin = binOfValue(bins, x);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    expect(binCount(bins)).toBe(51);
    expect(Math.max(...counts)).toBeLessThanOrEqual(220);
    // With all the weight on small values, the cuts move there.
    const weights = Float64Array.from(cells, (x) => (x < 100 ? 1 : 1e-6));
    const weighed = numericBins(numeric(cells), weights, 50);
    expect(weighed.uppers.filter((upper) => upper < 100).length).toBeGreaterThan(40);
  });

  it("gives a heavy value a bin almost its own", () => {
    const cells = [
      ...Array.from({ length: 5000 }, () => 7),
      ...Array.from({ length: 5000 }, (_, i) => i / 100),
    ];
    const bins = numericBins(numeric(cells), undefined, 16);
    const own = binOfValue(bins, 7);
    const others = cells.filter((x) => x !== 7 && binOfValue(bins, x) === own);
    expect(others.length).toBeLessThan(5000 / 15 / 2 + 1);
    expect(binOfValue(bins, 7.1)).not.toBe(own);
  });
});

describe("categoricalBins", () => {
  const column = {
    name: "c",
    kind: "categorical" as const,
    codes: Int32Array.of(2, 2, 0, -1, 3, 3, 3),
    categories: ["a", "b", "c", "d"],
  };

  it("keeps the most frequent categories seen, in the frame's order", () => {
    expect(categoricalBins(column, 255, undefined).categories).toEqual(["a", "c", "d"]);
    const two = categoricalBins(column, 2, undefined);
    expect(two.categories).toEqual(["c", "d"]);
    expect([...two.binOf]).toEqual([0, 0, 1, 2]);
  });

  it("takes the categories of a continued model", () => {
    expect([...categoricalBins(column, 255, ["d", "z", "a"]).binOf]).toEqual([3, 0, 0, 1]);
  });
});
