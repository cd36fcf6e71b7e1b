import { describe, expect, it } from "vitest";
import { seededRandom } from "../learning/seeded-random.ts";
import { confidenceSequence, observe } from "./confidence-sequence.ts";

describe("confidence sequence", () => {
  it("covers the mean at every look, far more often than not", () => {
    const random = seededRandom(11);
    const streams = 300;
    let missed = 0;
    for (let stream = 0; stream < streams; stream++) {
      const mean = random.next();
      const sequence = confidenceSequence({ low: 0, high: 1 }, 0.1);
      let wrong = false;
      for (let t = 0; t < 400; t++) {
        observe(sequence, random.next() < mean ? 1 : 0);
        wrong ||= sequence.lower > mean || sequence.upper < mean;
      }
      if (wrong) missed++;
    }
    expect(missed / streams).toBeLessThanOrEqual(0.1);
  });

  it("narrows as values come in, and faster when they vary little", () => {
    const width = (noise: number, values: number): number => {
      const random = seededRandom(3);
      const sequence = confidenceSequence({ low: -2, high: 2 });
      for (let t = 0; t < values; t++) observe(sequence, 0.3 + noise * (random.next() - 0.5));
      expect(sequence.lower).toBeLessThan(0.3);
      expect(sequence.upper).toBeGreaterThan(0.3);
      return sequence.upper - sequence.lower;
    };
    expect(width(1, 5000)).toBeLessThan(width(1, 500));
    expect(width(0.1, 5000)).toBeLessThan(width(3, 5000) / 2);
  });

  it("clips and counts what lies outside its bounds", () => {
    const sequence = confidenceSequence({ low: 0, high: 1 });
    for (let t = 0; t < 10; t++) observe(sequence, 7);
    expect(sequence.clipped).toBe(10);
    expect(sequence.upper).toBeLessThanOrEqual(1);
  });

  it("refuses bounds that are none", () => {
    expect(() => confidenceSequence({ low: 1, high: 1 })).toThrow(/bounds/);
  });
});
