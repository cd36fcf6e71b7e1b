import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitByTime } from "./split.ts";

describe("splitByTime", () => {
  it("never trains on what was not known at the cut, and loses no row unsaid", () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: -5, max: 40 })));
    const cut = fc.record({ trainUntil: fc.integer({ min: 1, max: 90 }), embargo: fc.nat(20) });
    fc.assert(
      fc.property(rows, cut, ([...pairs], { trainUntil, embargo }) => {
        const asOf = Float64Array.from(pairs, ([at]) => at);
        const labelKnown = Float64Array.from(pairs, ([at, delay]) =>
          delay === 40 ? Number.NaN : at + delay,
        );
        const split = splitByTime({ asOf, labelKnown }, { trainUntil, testUntil: 95, embargo });
        for (const row of split.train) {
          expect(labelKnown[row]).toBeLessThan(trainUntil);
          expect(asOf[row]).toBeLessThan(trainUntil - embargo);
        }
        for (const row of split.test) expect(asOf[row]).toBeGreaterThanOrEqual(trainUntil);
        const unused = Object.values(split.dropped).reduce((sum, n) => sum + n, 0);
        expect(split.train.length + split.test.length + unused).toBe(pairs.length);
      }),
    );
  });

  it("refuses a test that ends before it begins", () => {
    const none = new Float64Array();
    expect(() => splitByTime({ asOf: none, labelKnown: none }, { trainUntil: 5, testUntil: 5 })).toThrow(
      /impossible/,
    );
  });
});
