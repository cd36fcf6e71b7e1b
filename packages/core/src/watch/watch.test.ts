import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addCategory, categorySketch, mergeCategories, rankedCategories } from "./category-sketch.ts";
import { categoryDistances, numberDistances } from "./distance.ts";
import {
  addNumber,
  encodeNumbers,
  mergeNumbers,
  numberSketch,
  sketchCount,
  sketchQuantile,
} from "./number-sketch.ts";

const numbers = fc.array(
  fc.oneof(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.integer(), fc.constant(null)),
  {
    maxLength: 200,
  },
);
const sketched = (values: readonly (number | null)[]) => {
  const sketch = numberSketch();
  for (const value of values) addNumber(sketch, value);
  return sketch;
};

describe("number sketch", () => {
  it("is the same however its parts were merged", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const merged = sketched(a);
        mergeNumbers(merged, sketched(b));
        expect(encodeNumbers(merged)).toEqual(encodeNumbers(sketched([...b, ...a])));
      }),
    );
  });

  it("keeps quantiles within its accuracy", () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const present = values.filter((v): v is number => v !== null).sort((a, b) => a - b);
        const sketch = sketched(values);
        expect(sketchCount(sketch)).toBe(present.length);
        const found = sketchQuantile(sketch, q);
        const exact = present[Math.min(present.length - 1, Math.floor(q * present.length))];
        const error = exact === undefined || found === null ? 0 : Math.abs(found - exact);
        expect(found === null).toBe(exact === undefined);
        expect(error).toBeLessThanOrEqual(Math.abs(exact ?? 0) * 0.0101 + 1e-9);
      }),
    );
  });
});

describe("distances", () => {
  it("are nothing between equals and grow with a shift", () => {
    const base = sketched(Array.from({ length: 2000 }, (_, i) => 100 + (i % 50)));
    const none = numberDistances(base, base);
    expect(none.jensenShannon).toBeCloseTo(0, 9);
    expect(none.kolmogorovSmirnov).toBeCloseTo(0, 9);
    expect(none.wasserstein).toBeCloseTo(0, 9);
    const shifts = [1, 5, 20, 100].map((by) =>
      sketched(Array.from({ length: 2000 }, (_, i) => 100 + by + (i % 50))),
    );
    const found = shifts.map((s) => numberDistances(base, s).wasserstein ?? 0);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(numberDistances(base, shifts[3] ?? base).kolmogorovSmirnov).toBeGreaterThan(0.95);
  });

  it("are symmetric where they are metrics, and bounded", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [x, y] = [sketched(a), sketched(b)];
        const [there, back] = [numberDistances(x, y), numberDistances(y, x)];
        expect(there.kolmogorovSmirnov).toBeCloseTo(back.kolmogorovSmirnov ?? -1, 9);
        expect(there.jensenShannon).toBeLessThanOrEqual(1 + 1e-9);
        expect(there.totalVariation).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  it("see a category that came and one that went", () => {
    const [then, now] = [categorySketch(), categorySketch()];
    for (let i = 0; i < 100; i++) {
      addCategory(then, i % 2 === 0 ? "a" : "b");
      addCategory(now, i % 2 === 0 ? "a" : "c");
    }
    expect(categoryDistances(then, then).totalVariation).toBe(0);
    expect(categoryDistances(then, now).totalVariation).toBeCloseTo(0.5, 9);
  });
});

describe("category sketch", () => {
  it("loses no count, and merges exactly below its capacity", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60 })),
        fc.array(fc.integer({ min: 0, max: 60 })),
        (a, b) => {
          const make = (values: number[], capacity: number) => {
            const sketch = categorySketch(capacity);
            for (const value of values) addCategory(sketch, String(value));
            return sketch;
          };
          const merged = make(a, 100);
          mergeCategories(merged, make(b, 100));
          expect(rankedCategories(merged)).toEqual(rankedCategories(make([...b, ...a], 100)));
          const tight = make([...a, ...b], 5);
          const total = rankedCategories(tight).reduce((sum, { count }) => sum + count, 0);
          expect(total).toBe(a.length + b.length);
        },
      ),
    );
  });
});
