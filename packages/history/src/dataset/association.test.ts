import fc from "fast-check";
import { expect, test } from "vitest";
import { aucOf, correlationRatio, cramersV, meanOfOthers, midRanks, pearson } from "./association.ts";

const f = (...values: number[]): Float64Array => Float64Array.from(values);
const nan = Number.NaN;

test("pearson: known values, missing left out, large offsets harmless", () => {
  expect(pearson(f(1, 2, 3, 4), f(2, 4, 6, 8))).toBeCloseTo(1, 14);
  expect(pearson(f(1, 2, 3, nan), f(3, 2, 1, 100))).toBeCloseTo(-1, 14);
  // Anscombe's first set: r = 0.81642…
  const x = f(10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5);
  const y = f(8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68);
  expect(pearson(x, y)).toBeCloseTo(0.81642051634484, 12);
  expect(
    pearson(
      x.map((v) => v + 1e9),
      y,
    ),
  ).toBeCloseTo(0.81642051634484, 6);
  expect(pearson(f(1, 1, 1), f(1, 2, 3))).toBeUndefined();
});

test("ranks: ties share the middle", () => {
  expect([...midRanks(f(5, 1, 5, nan, 2))]).toEqual([3.5, 1, 3.5, nan, 2]);
});

test("auc: equals counting of pairs", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()), { maxLength: 40 }),
      (rows) => {
        const yes = rows.filter(([, y]) => y).map(([x]) => x);
        const no = rows.filter(([, y]) => !y).map(([x]) => x);
        let wins = 0;
        for (const a of yes) for (const b of no) wins += a > b ? 1 : a === b ? 0.5 : 0;
        const auc = wins / (yes.length * no.length);
        const found = aucOf(f(...rows.map(([x]) => x)), f(...rows.map(([, y]) => Number(y))));
        const expected = yes.length === 0 || no.length === 0 ? undefined : Math.max(auc, 1 - auc);
        expect(found ?? -1).toBeCloseTo(expected ?? -1, 12);
      },
    ),
  );
});

test("Cramér's V: 1 for one and the same, about 0 for what is unrelated", () => {
  const codes = Float64Array.from({ length: 400 }, (_, i) => i % 4);
  expect(cramersV(codes, codes)).toBeCloseTo(1, 9);
  expect(
    cramersV(
      codes,
      codes.map((_, i) => Math.floor(i / 4) % 3),
    ) ?? 1,
  ).toBeLessThan(0.05);
  expect(cramersV(codes, codes.fill(1))).toBeUndefined();
});

test("correlation ratio: 1 when codes settle the value, 0 when they do not", () => {
  const codes = Float64Array.from({ length: 300 }, (_, i) => i % 3);
  expect(
    correlationRatio(
      codes,
      codes.map((c) => c * c),
    ),
  ).toBeCloseTo(1, 9);
  expect(
    correlationRatio(
      codes,
      codes.map((_, i) => Math.floor(i / 3) % 7),
    ) ?? 1,
  ).toBeLessThan(0.1);
});

test("the mean of others does not know the row's own label", () => {
  expect([...meanOfOthers(f(1, 1, 1, 2), f(0, 1, 1, 1))]).toEqual([1, 0.5, 1, nan]);
});
