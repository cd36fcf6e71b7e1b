import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNullable } from "../definitions/compare.ts";
import { FactOrder } from "./fact-order.ts";
import { SortedNumbers } from "./sorted-numbers.ts";

/** A fixed shuffle: the same numbers on every run. */
function* scattered(n: number): Generator<number> {
  for (let i = 0, x = 1; i < n; i++) yield (x = (x * 48_271) % 2_147_483_647);
}

describe("SortedNumbers", () => {
  it("is a sorted list", () => {
    const steps = fc.array(fc.record({ x: fc.integer({ min: -20, max: 20 }), leaves: fc.nat(3) }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, (sequence) => {
        const numbers = new SortedNumbers();
        let plain: number[] = [];
        for (const { x, leaves } of sequence) {
          const leaving = leaves === 0 ? plain[Math.abs(x) % Math.max(1, plain.length)] : undefined;
          if (leaving === undefined) {
            numbers.add(x);
            plain = [...plain, x].sort((a, b) => a - b);
          } else {
            numbers.remove(leaving);
            plain.splice(plain.indexOf(leaving), 1);
          }
          expect(plain.map((_, k) => numbers.at(k))).toEqual(plain);
        }
      }),
    );
  });

  it("stays sorted through many blocks, filled and emptied in any order", () => {
    const numbers = new SortedNumbers();
    const all = [...scattered(20_000)];
    for (const x of all) numbers.add(x);
    const kept = all.filter((_, i) => i % 37 === 0).sort((a, b) => a - b);
    for (const [i, x] of all.entries()) if (i % 37 !== 0) numbers.remove(x);
    expect(kept.map((_, k) => numbers.at(k))).toEqual(kept);
    expect(() => numbers.remove(-1)).toThrow("not inside");
    for (const x of kept) numbers.remove(x);
    expect(numbers.size).toBe(0);
    numbers.add(5);
    expect(numbers.at(0)).toBe(5);
  });
});

describe("FactOrder", () => {
  interface Fact {
    readonly value: number | string | null;
    readonly eventTime: number;
    readonly knownTime: number;
  }
  const order = (a: Fact, b: Fact): number =>
    a.eventTime - b.eventTime || a.knownTime - b.knownTime || compareNullable(a.value, b.value);
  const facts = (value: fc.Arbitrary<number | string | null>): fc.Arbitrary<Fact[]> =>
    fc.array(fc.record({ value, eventTime: fc.nat(6), knownTime: fc.nat(3) }), { maxLength: 200 });
  const values = fc.option(fc.nat(4));

  /** What is read after every step, from the structure and from a plain sorted list. */
  const readings = (sequence: readonly Fact[]): { found: unknown[]; expected: unknown[] } => {
    const held = new FactOrder();
    let plain: Fact[] = [];
    const found: unknown[] = [];
    const expected: unknown[] = [];
    for (const [i, fact] of sequence.entries()) {
      held.add(fact.value, fact.eventTime, fact.knownTime);
      plain = [...plain, fact].sort(order);
      const leaving = i % 3 === 2 ? plain[(i * 7) % plain.length] : undefined;
      if (leaving) {
        held.remove(leaving.value, leaving.eventTime, leaving.knownTime);
        plain.splice(plain.indexOf(leaving), 1);
      }
      const values = plain.map((f) => f.value).reverse();
      found.push([held.latest(1000), held.earliest(2), held.last(), held.first()]);
      expected.push([values, [...values].reverse().slice(0, 2), values[0], values.at(-1)]);
    }
    return { found, expected };
  };

  it.each([
    ["numbers", values],
    ["anything", fc.option(fc.constantFrom("a", "😀", "\uFFFD", ""))],
  ])("is a sorted list of %s and nulls", (_, value) => {
    fc.assert(
      fc.property(facts(value), (sequence) => {
        const { found, expected } = readings(sequence);
        expect(found).toEqual(expected);
      }),
    );
  });

  it("goes through many blocks in order, nearly in order and at random", () => {
    const at = [...scattered(5_000)];
    const arrivals = [at.map((_, i) => i), at.map((x, i) => i + (x % 50)), at];
    for (const times of arrivals) {
      const held = new FactOrder();
      for (const [i, time] of times.entries()) held.add(i, time, 0);
      const sorted = [...times.entries()].sort(([i, a], [j, b]) => a - b || i - j);
      expect(held.latest(5_000)).toEqual(sorted.map(([i]) => i).reverse());
      for (const [i, time] of sorted.slice(0, 4_000)) held.remove(i, time, 0);
      expect(held.latest(5_000)).toEqual(
        sorted
          .slice(4_000)
          .map(([i]) => i)
          .reverse(),
      );
      for (const [i, time] of sorted.slice(4_000).reverse()) held.remove(i, time, 0);
      expect(held.size).toBe(0);
    }
  });

  it("says so when a fact leaves that was not inside", () => {
    const held = new FactOrder();
    expect(() => held.remove(1, 1, 1)).toThrow("not inside");
  });
});
