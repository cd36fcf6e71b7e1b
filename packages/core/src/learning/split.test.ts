import fc from "fast-check";
import { expect, test } from "vitest";
import { splitByTime } from "./split.ts";

const rows = fc.array(
  fc.record({
    at: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 100 }) },
      { weight: 1, arbitrary: fc.constant(Number.NaN) },
    ),
    delay: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: -5, max: 40 }) },
      { weight: 1, arbitrary: fc.constant(Number.NaN) },
    ),
  }),
  { maxLength: 60 },
);
const boundaries = fc
  .tuple(fc.nat(100), fc.nat(50), fc.nat(50), fc.nat(20))
  .map(([train, validate, test, embargo]) => ({
    trainUntil: train,
    validateUntil: train + validate,
    testUntil: train + validate + test,
    embargo,
  }));

test("nothing in training was asked or learned at or after its boundary less the embargo", () => {
  fc.assert(
    fc.property(rows, boundaries, (given, options) => {
      const asOf = given.map(({ at }) => at);
      const labelKnown = given.map(({ at, delay }) => at + delay);
      const { train, validate, test, dropped } = splitByTime({ asOf, labelKnown }, options);
      const { trainUntil, validateUntil, testUntil, embargo } = options;
      for (const row of train) {
        expect(asOf[row]).toBeLessThan(trainUntil - embargo);
        expect(labelKnown[row]).toBeLessThan(trainUntil - embargo);
      }
      for (const row of validate) {
        expect(asOf[row]).toBeGreaterThanOrEqual(trainUntil);
        expect(Math.max(asOf[row] ?? 0, labelKnown[row] ?? 0) < validateUntil - embargo).toBe(true);
      }
      for (const row of test) {
        expect((asOf[row] ?? 0) >= validateUntil && (asOf[row] ?? 0) < testUntil).toBe(true);
      }
      const lost = Object.values(dropped).reduce((a, b) => a + b, 0);
      expect(train.length + validate.length + test.length + lost).toBe(given.length);
    }),
  );
});

test("says why each row is in no part", () => {
  const split = splitByTime(
    {
      asOf: [1, 5, 9, 3, 12, 30, Number.NaN, 2],
      labelKnown: [2, 6, 9.5, 11, 13, 31, 5, Number.NaN],
    },
    { trainUntil: 10, testUntil: 20, embargo: 2 },
  );
  expect([...split.train]).toEqual([0, 1]);
  expect([...split.validate]).toEqual([]);
  expect([...split.test]).toEqual([4]);
  expect(split.dropped).toEqual({ unlabelled: 1, labelTooLate: 1, embargoed: 1, outside: 2 });
});

test.each([
  [{ trainUntil: 10, validateUntil: 5 }, "forward in time"],
  [{ trainUntil: 10, testUntil: 5 }, "forward in time"],
  [{ trainUntil: Number.NaN }, "forward in time"],
  [{ trainUntil: 10, embargo: -1 }, "embargo"],
])("refuses %j", (options, message) => {
  expect(() => splitByTime({ asOf: [], labelKnown: [] }, options)).toThrow(message);
});

test("refuses times of different lengths", () => {
  expect(() => splitByTime({ asOf: [1], labelKnown: [] }, { trainUntil: 1 })).toThrow("both times");
});
