import { describe, expect, it } from "vitest";
import { seededRandom } from "../learning/seeded-random.ts";
import { pairedDifference } from "./paired-difference.ts";

const rows = (n: number, value: (i: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => value(i));

describe("pairedDifference", () => {
  it("sees a steady difference", () => {
    const a = rows(1000, (i) => 0.5 + (i % 7) / 100);
    const b = rows(1000, (i) => 0.6 + (i % 11) / 100);
    const found = pairedDifference(
      a,
      b,
      rows(1000, (i) => Math.floor(i / 50)),
    );
    expect(found.verdict).toBe("better");
    expect(found.mean).toBeCloseTo(-0.12, 2);
    expect(found.clusters).toBe(20);
  });

  it("says no difference between a model and itself, and swaps sign with its arguments", () => {
    const a = rows(500, (i) => Math.sin(i) ** 2);
    const b = rows(500, (i) => Math.cos(i * 3) ** 2);
    const days = rows(500, (i) => i % 25);
    expect(pairedDifference(a, a, days).verdict).toBe("no difference");
    expect(pairedDifference(a, b, days).mean).toBeCloseTo(-pairedDifference(b, a, days).mean, 12);
  });

  it("is not fooled by rows that share their luck", () => {
    const random = seededRandom(7);
    let wrong = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const luck = Array.from({ length: 20 }, () => random.next() - 0.5);
      const a = rows(2000, (i) => luck[i % 20] ?? 0);
      if (
        pairedDifference(
          a,
          new Float64Array(2000),
          rows(2000, (i) => i % 20),
        ).verdict !== "no difference"
      )
        wrong++;
    }
    expect(wrong / trials).toBeLessThan(0.1);
  });

  it("will not judge on a handful of clusters", () => {
    expect(
      pairedDifference(
        rows(9, () => 0),
        rows(9, () => 1),
        rows(9, (i) => i % 3),
      ).verdict,
    ).toBe("too little data");
  });

  it("refuses arrays of different lengths", () => {
    expect(() =>
      pairedDifference(
        rows(2, () => 0),
        rows(3, () => 0),
        rows(3, () => 0),
      ),
    ).toThrow(/same rows/);
  });
});
