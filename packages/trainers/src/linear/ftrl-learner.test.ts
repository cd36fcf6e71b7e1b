import { assert, double, array, property, tuple } from "fast-check";
import { auc, seededRandom } from "@pawl/core";
import { describe, expect, it } from "vitest";
import { FtrlLearner, type FtrlOptions } from "./ftrl-learner.ts";
import { hashText, hashedRow } from "./hashed-row.ts";

const options: FtrlOptions = { loss: "logistic", slots: 4, alpha: 0.5, beta: 1, l1: 0, l2: 0, base: false };

describe("FtrlLearner", () => {
  it("learns a logistic rule online, each prediction made before its label is seen", () => {
    const random = seededRandom(1);
    const learner = new FtrlLearner(options);
    const labels: number[] = [];
    const predictions: number[] = [];
    for (let i = 0; i < 5000; i++) {
      const values = [random.normal(), random.normal()];
      const y = random.next() < 1 / (1 + Math.exp(-2 * (values[0] ?? 0) + (values[1] ?? 0))) ? 1 : 0;
      labels.push(y);
      predictions.push(learner.learn({ slots: [0, 1], values }, y));
    }
    expect(auc(labels.slice(1000), predictions.slice(1000))).toBeGreaterThan(0.85);
    expect(learner.weight(2)).toBeCloseTo(2, 0);
    expect(learner.weight(3)).toBeCloseTo(-1, 0);
  });

  it("starts as the base model and learns how far to trust it", () => {
    const learner = new FtrlLearner({ ...options, base: true });
    assert(
      property(double({ min: -5, max: 5, noNaN: true }), (base) => {
        expect(learner.margin({ slots: [], base })).toBeCloseTo(base, 12);
      }),
    );
    const random = seededRandom(2);
    for (let i = 0; i < 3000; i++) {
      const base = random.normal() * 2;
      learner.learn({ slots: [], base }, random.next() < 1 / (1 + Math.exp(base)) ? 1 : 0);
    }
    // The world has turned round: the learnt weight turns with it.
    expect(learner.weight(1)).toBeLessThan(-0.5);
    expect(() => learner.predict({ slots: [] })).toThrow("needs its margin");
  });

  it("continues from its state bit by bit", () => {
    const rows = array(
      tuple(double({ min: -2, max: 2, noNaN: true }), double({ min: 0, max: 1, noNaN: true })),
      {
        minLength: 2,
        maxLength: 30,
      },
    );
    assert(
      property(rows, (cells) => {
        const whole = new FtrlLearner({ ...options, loss: "squared" });
        const half = new FtrlLearner({ ...options, loss: "squared" });
        const cut = cells.length >> 1;
        for (const [x, y] of cells) whole.learn({ slots: [0], values: [x] }, y);
        for (const [x, y] of cells.slice(0, cut)) half.learn({ slots: [0], values: [x] }, y);
        const rest = new FtrlLearner({ ...options, loss: "squared" }, half.state());
        for (const [x, y] of cells.slice(cut)) rest.learn({ slots: [0], values: [x] }, y);
        expect(rest.state()).toEqual(whole.state());
      }),
    );
  });

  it("leaves useless coordinates at exactly 0 under L1", () => {
    const random = seededRandom(3);
    const learner = new FtrlLearner({ ...options, l1: 20 });
    for (let i = 0; i < 2000; i++) {
      const x = random.normal();
      learner.learn({ slots: [0, 1], values: [x, random.normal()] }, x > 0 ? 1 : 0);
    }
    expect(learner.weight(3)).toBe(0);
    expect(learner.weight(2)).toBeGreaterThan(0.5);
  });

  it("refuses labels and states it cannot use", () => {
    const learner = new FtrlLearner(options);
    expect(() => learner.learn({ slots: [0] }, Number.NaN)).toThrow("label");
    expect(() => learner.learn({ slots: [0] }, 1, -1)).toThrow("weight");
    expect(() => new FtrlLearner({ ...options, slots: 9 }, learner.state())).toThrow("another size");
  });
});

describe("hashedRow", () => {
  it("takes records as they come: numbers, texts, new categories, missing cells", () => {
    const row = hashedRow({ n: 2.5, town: "Ulm", gone: null, empty: Number.NaN, flag: true }, 10, 0.3);
    expect(Array.from({ length: 5 }, (_, i) => row.values?.[i])).toEqual([2.5, 1, 1, 1, 1]);
    for (let i = 0; i < 5; i++) expect(row.slots[i]).toBeLessThan(1024);
    expect(row.base).toBe(0.3);
    expect(hashedRow({ town: "Ulm" }, 10).slots[0]).toBe(row.slots[1]);
    expect(hashedRow({ town: "Bonn" }, 10).slots[0]).not.toBe(row.slots[1]);
  });

  it("spreads texts over all slots", () => {
    const counts = new Float64Array(64);
    for (let i = 0; i < 6400; i++) {
      const slot = hashText(`key ${i}`) & 63;
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(160);
  });
});
