import { array, assert, integer, pre, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { timeHoldout } from "./time-holdout.ts";

describe("timeHoldout", () => {
  it("watches only rows later than every fitted one, about the asked share, and loses none", () => {
    assert(
      property(array(integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 60 }), (moments) => {
        const times = Float64Array.from(moments);
        pre(new Set(moments).size > 1);
        const { fit, watch } = timeHoldout(times, 0.2);
        expect(fit.length).toBeGreaterThan(0);
        expect(watch.length).toBeGreaterThan(0);
        expect([...fit, ...watch].toSorted((a, b) => a - b)).toEqual(moments.map((_, row) => row));
        const last = Math.max(...Array.from(fit, (row) => moments[row] ?? 0));
        for (const row of watch) expect(moments[row]).toBeGreaterThan(last);
      }),
    );
  });

  it("refuses rows of one moment", () => {
    expect(() => timeHoldout(Float64Array.of(3, 3, 3), 0.2)).toThrow("more than one moment");
  });
});
