import fc from "fast-check";
import { expect, test } from "vitest";
import { sortBy } from "./sort-by.ts";

test("sorts by key, stably, whatever the order it starts from", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 400 }), (numbers) => {
      const keys = Float64Array.from(numbers);
      const ids = Int32Array.from(numbers.keys());
      sortBy(keys, ids, numbers.length, new Int32Array(numbers.length));
      const expected = [...numbers.keys()].sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0) || a - b);
      expect([...ids]).toEqual(expected);
    }),
  );
});

test("leaves what lies beyond n alone", () => {
  const ids = Int32Array.from([1, 0, 3, 2]);
  sortBy(Float64Array.from([0, 1, 2, 3]), ids, 2, new Int32Array(4));
  expect([...ids]).toEqual([0, 1, 3, 2]);
});
