import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  brier,
  calibrationError,
  confusion,
  logLoss,
  multiclassLogLoss,
  toClasses,
} from "./classification.ts";
import { auc, prAuc } from "./ranking.ts";
import { mae, r2, rmse } from "./regression.ts";

const scored = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 6 })), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((rows) => rows.some(([y]) => y === 1) && rows.some(([y]) => y === 0));

describe("auc", () => {
  it("equals the share of positive–negative pairs in the right order", () => {
    fc.assert(
      fc.property(scored, (rows) => {
        let right = 0;
        let pairs = 0;
        for (const [y, s] of rows) {
          for (const [y2, s2] of rows) {
            if (y !== 1 || y2 !== 0) continue;
            pairs++;
            right += s > s2 ? 1 : s === s2 ? 0.5 : 0;
          }
        }
        expect(
          auc(
            rows.map(([y]) => y),
            rows.map(([, s]) => s),
          ),
        ).toBeCloseTo(right / pairs, 12);
      }),
    );
  });

  it("counts a weight of two as a row given twice", () => {
    const labels = [1, 0, 1, 0];
    const scores = [0.9, 0.8, 0.3, 0.1];
    const twice = auc([...labels, 1], [...scores, 0.3]);
    expect(auc(labels, scores, [1, 1, 2, 1])).toBeCloseTo(twice, 12);
    expect(prAuc(labels, scores, [1, 1, 2, 1])).toBeCloseTo(prAuc([...labels, 1], [...scores, 0.3]), 12);
  });

  it("refuses one class, no rows, other labels and NaN scores", () => {
    expect(() => auc([1, 1], [0.1, 0.2])).toThrow("both classes");
    expect(() => prAuc([0, 0], [0.1, 0.2])).toThrow("both classes");
    expect(() => auc([], [])).toThrow("positive total weight");
    expect(() => auc([0, 2], [0.1, 0.2])).toThrow("labels 0 and 1");
    expect(() => auc([0, 1], [0.1, Number.NaN])).toThrow("not a number");
    expect(() => auc([0, 1], [0.1])).toThrow("one prediction");
  });
});

describe("prAuc", () => {
  it("matches a hand-worked case", () => {
    // Ranked: 1, 0, 1. Precision at the positives: 1 and 2/3.
    expect(prAuc([1, 0, 1], [0.9, 0.5, 0.4])).toBeCloseTo((1 + 2 / 3) / 2, 12);
  });
});

describe("classification metrics", () => {
  it("match hand-worked values", () => {
    expect(logLoss([1, 0], [0.8, 0.4])).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 12);
    expect(multiclassLogLoss([2, 0], [0.1, 0.2, 0.7, 0.5, 0.3, 0.2], 3)).toBeCloseTo(
      -(Math.log(0.7) + Math.log(0.5)) / 2,
      12,
    );
    expect(brier([1, 0], [0.8, 0.4])).toBeCloseTo((0.04 + 0.16) / 2, 12);
    expect(accuracy([1, 0, 1], [1, 1, 1], [1, 2, 1])).toBeCloseTo(0.5, 12);
    expect([...confusion([0, 1, 1], [1, 1, 0], 2)]).toEqual([0, 1, 1, 1]);
    expect(calibrationError([1, 0, 1, 1], [0.9, 0.9, 0.9, 0.3])).toBeCloseTo(
      (Math.abs(2 - 2.7) + 0.7) / 4,
      12,
    );
    expect([...toClasses([0.5, 0.4], 1)]).toEqual([1, 0]);
    expect([...toClasses([0.2, 0.4, 0.4, 0.6, 0.2, 0.2], 3)]).toEqual([1, 0]);
  });

  it("stay finite at certain and wrong", () => {
    expect(logLoss([1], [0])).toBeLessThan(40);
    expect(() => multiclassLogLoss([0], [1], 2)).toThrow("rows × classes");
  });
});

describe("regression metrics", () => {
  it("match hand-worked values", () => {
    expect(rmse([1, 2, 3], [1, 2, 6])).toBeCloseTo(Math.sqrt(3), 12);
    expect(mae([1, 2, 3], [1, 2, 6])).toBeCloseTo(1, 12);
    expect(r2([1, 2, 3], [1, 2, 6])).toBeCloseTo(1 - 9 / 2, 12);
    expect(() => r2([2, 2], [1, 2])).toThrow("undefined");
  });

  it("predicting the mean explains nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 30 }), (y) => {
        fc.pre(new Set(y).size > 1);
        const mean = y.reduce((a, b) => a + b, 0) / y.length;
        expect(
          r2(
            y,
            y.map(() => mean),
          ),
        ).toBeCloseTo(0, 9);
        expect(r2(y, y)).toBe(1);
      }),
    );
  });
});
