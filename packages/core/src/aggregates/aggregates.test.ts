import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Kind, Scalar } from "../definitions/kind.ts";
import type { Aggregate, AggregateName, AggregateParameters } from "./aggregate.ts";
import { noArgument } from "./aggregate.ts";
import { aggregates } from "./aggregates.ts";
import { sketchSize } from "./approx-distinct-count.ts";

interface Fact {
  readonly value: Scalar | null;
  readonly eventTime: number;
  readonly knownTime: number;
}

const minute = 60_000_000;
const names = Object.keys(aggregates) as AggregateName[];
const asOf = 4_000_000_000 * 1_000_000;

const numbers = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: -(2 ** 440), max: 2 ** 440, noNaN: true }),
);
const scalars: fc.Arbitrary<fc.Arbitrary<Scalar>> = fc.constantFrom<fc.Arbitrary<Scalar>[]>(
  numbers,
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.string({ unit: "binary", maxLength: 3 }),
);
const time = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((n) => n * minute),
  fc.integer({ min: -asOf, max: asOf }),
);

function takes(aggregate: Aggregate<unknown>, kind: Kind | undefined): boolean {
  try {
    aggregate.resultKind(kind);
    return true;
  } catch {
    return false;
  }
}

function valuesFor(name: AggregateName): fc.Arbitrary<fc.Arbitrary<Scalar>> {
  if (name === "decayedCount") return fc.constant(fc.constant(noArgument));
  if (takes(aggregates[name], "string")) return scalars;
  return takes(aggregates[name], "bool") ? fc.constantFrom(numbers, fc.boolean()) : fc.constant(numbers);
}

const factsOf = (name: AggregateName): fc.Arbitrary<Fact[]> =>
  valuesFor(name).chain((value) =>
    fc.array(fc.record({ value: fc.option(value, { freq: 4 }), eventTime: time, knownTime: time }), {
      maxLength: 40,
    }),
  );

const params: fc.Arbitrary<AggregateParameters> = fc.record({
  n: fc.integer({ min: 1, max: 5 }),
  q: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  halfLife: fc.constantFrom(minute, 60 * minute, 1000 * 24 * 60 * minute).map((n) => n as never),
});

function summarise<S>(aggregate: Aggregate<S>, p: AggregateParameters, facts: readonly Fact[]): S {
  const summary = aggregate.init(p);
  for (const f of facts) aggregate.add(summary, f.value, f.eventTime, f.knownTime);
  return summary;
}

/** −0 and 0 are one number. */
const plain = (value: unknown): unknown => (typeof value === "number" ? value + 0 : value);

describe.each(names)("%s", (name) => {
  const aggregate = aggregates[name];
  const facts = factsOf(name);
  const read = (summary: unknown): unknown => {
    const value = aggregate.finish(summary, asOf);
    return Array.isArray(value) ? value.map(plain) : plain(value);
  };

  it("merges parts, in any order and grouping, to the same stored summary", () => {
    fc.assert(
      fc.property(params, facts, fc.nat(), fc.nat(), (p, all, i, j) => {
        const [low, high] = [i % (all.length + 1), j % (all.length + 1)].sort((a, b) => a - b);
        const parts = [all.slice(0, low), all.slice(low, high), all.slice(high)];
        const [a, b, c] = parts.map((part) => summarise(aggregate, p, part));
        const [a2, b2, c2] = parts.map((part) => summarise(aggregate, p, part));
        const whole = summarise(aggregate, p, all);
        aggregate.merge(a, b);
        aggregate.merge(a, c);
        aggregate.merge(b2, a2);
        aggregate.merge(c2, b2);
        const reversed = summarise(aggregate, p, [...all].reverse());
        for (const other of [a, c2, reversed]) {
          expect(read(other)).toEqual(read(whole));
          expect(aggregate.encode(other)).toEqual(aggregate.encode(whole));
        }
      }),
    );
  });

  it("comes back from the store as it was, and goes on", () => {
    fc.assert(
      fc.property(params, facts, facts, (p, before, after) => {
        const summary = summarise(aggregate, p, before);
        const stored = JSON.parse(JSON.stringify(aggregate.encode(summary)));
        const back = aggregate.decode(stored, p);
        expect(read(back)).toEqual(read(summary));
        const kind = typeof before.find((f) => f.value !== null)?.value;
        const more = after.filter((f) => f.value === null || typeof f.value === kind);
        for (const f of more) {
          aggregate.add(summary, f.value, f.eventTime, f.knownTime);
          aggregate.add(back, f.value, f.eventTime, f.knownTime);
        }
        expect(read(back)).toEqual(read(summary));
      }),
    );
  });

  it("slides: always the answer over the facts inside", () => {
    fc.assert(
      fc.property(params, facts, fc.array(fc.nat(), { maxLength: 60 }), (p, all, choices) => {
        const sliding = aggregate.sliding(p);
        let inside: Fact[] = [];
        const coming = [...all];
        const show = (value: unknown): unknown => (Array.isArray(value) ? value.map(plain) : plain(value));
        for (const choice of [...choices, ...all.map(() => 0)]) {
          const leaving = choice % 3 === 1 ? inside[choice % Math.max(1, inside.length)] : undefined;
          if (leaving) {
            sliding.remove(leaving.value, leaving.eventTime, leaving.knownTime);
            inside.splice(inside.indexOf(leaving), 1);
          } else {
            const fact = coming.pop();
            if (!fact) continue;
            sliding.add(fact.value, fact.eventTime, fact.knownTime);
            inside.push(fact);
          }
          expect(show(sliding.finish(asOf))).toEqual(read(summarise(aggregate, p, inside)));
        }
        sliding.clear();
        inside = all.slice(0, 3);
        for (const f of inside) sliding.add(f.value, f.eventTime, f.knownTime);
        expect(show(sliding.finish(asOf))).toEqual(read(summarise(aggregate, p, inside)));
      }),
    );
  });

  it("answers nothing with 0 for counts and null for the rest", () => {
    const empty = read(aggregate.init({ n: 1, q: 0.5, halfLife: minute as never }));
    expect(empty).toBe(name.endsWith("ount") ? 0 : null);
  });

  it("refuses lists, and what cannot be read back", () => {
    expect(() => aggregate.resultKind("list<int>")).toThrow(
      expect.objectContaining({ code: "invalid_definition" }),
    );
    const p = { n: 1, q: 0.5, halfLife: minute as never };
    expect(() => aggregate.decode({ not: "a summary" }, p)).toThrow(
      expect.objectContaining({ code: "bad_data" }),
    );
  });
});

describe.each(names.filter((name) => aggregates[name].remove))("%s", (name) => {
  const aggregate = aggregates[name];

  it("undoes what it removes", () => {
    fc.assert(
      fc.property(params, factsOf(name), fc.nat(), (p, all, i) => {
        const kept = all.slice(0, i % (all.length + 1));
        const summary = summarise(aggregate, p, all);
        for (const f of all.slice(kept.length)) {
          aggregate.remove?.(summary, f.value, f.eventTime, f.knownTime);
        }
        expect(aggregate.encode(summary)).toEqual(aggregate.encode(summarise(aggregate, p, kept)));
      }),
    );
  });
});

describe("kinds of results", () => {
  it.each([
    ["count", undefined, "int"],
    ["count", "string", "int"],
    ["sum", "int", "int"],
    ["sum", "float", "float"],
    ["mean", "bool", "float"],
    ["mean", "int", "float"],
    ["max", "timestamp", "timestamp"],
    ["last", "bigint", "bigint"],
    ["lastN", "string", "list<string>"],
    ["topK", "bool", "list<bool>"],
    ["quantile", "int", "float"],
    ["decayedCount", undefined, "float"],
  ] as const)("%s of %s is %s", (name, arg, kind) => {
    expect(aggregates[name].resultKind(arg)).toBe(kind);
  });

  it.each([
    ["sum", "string"],
    ["sum", "bool"],
    ["sum", undefined],
    ["mean", "timestamp"],
    ["std", "bool"],
    ["quantile", "duration"],
    ["last", undefined],
    ["decayedCount", "int"],
  ] as const)("there is no %s of %s", (name, arg) => {
    expect(() => aggregates[name].resultKind(arg)).toThrow(
      expect.objectContaining({ code: "invalid_definition" }),
    );
  });

  it("names a parameter that is missing", () => {
    for (const name of ["lastN", "topK", "quantile", "decayedSum"] as const) {
      expect(() => aggregates[name].init({})).toThrow("needs its parameter");
      expect(() => aggregates[name].sliding({})).toThrow("needs its parameter");
    }
  });
});

describe("known answers", () => {
  const answer = (name: AggregateName, values: (Scalar | null)[], p: AggregateParameters = {}): unknown =>
    aggregates[name].finish(
      summarise(
        aggregates[name],
        p,
        values.map((value, i) => ({ value, eventTime: i, knownTime: i })),
      ),
      values.length,
    );

  it("sums without losing the small beside the large", () => {
    expect(answer("sum", [1e16, 1, -1e16])).toBe(1);
    expect(answer("sum", Array<number>(10).fill(0.1))).toBe(1);
    expect(answer("mean", [true, false, null, true, true])).toBe(0.75);
  });

  it("finds a small spread about a large mean", () => {
    expect(answer("std", [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(Math.sqrt(30));
    expect(answer("std", [0.1, 0.1, 0.1])).toBe(0);
    expect(answer("std", [1e200, 1])).toBe(null);
    expect(answer("std", [3])).toBe(null);
  });

  it("interpolates quantiles as R and NumPy do", () => {
    expect(answer("quantile", [4, 1, 3, 2], { q: 0.5 })).toBe(2.5);
    expect(answer("quantile", [1, 2, 3, 4, 10], { q: 0.9 })).toBeCloseTo(7.6, 12);
    expect(answer("quantile", [7], { q: 0.3 })).toBe(7);
  });

  it("tells the truth about the last fact, and skips nulls in lists", () => {
    expect(answer("last", [1, 2, null])).toBe(null);
    expect(answer("first", [null, 2])).toBe(null);
    expect(answer("lastN", [1, null, 2, 3], { n: 2 })).toEqual([3, 2]);
    expect(answer("topK", ["b", "a", "c", "a", "b", "\u{1F600}", "\uFFFD"], { n: 4 })).toEqual([
      "a",
      "b",
      "c",
      "\uFFFD",
    ]);
  });

  it("halves what is a half-life old, over years as over minutes", () => {
    const p = { halfLife: minute as never };
    const decayed = aggregates.decayedSum;
    const facts = [
      { value: 8, eventTime: 0, knownTime: 0 },
      { value: 4, eventTime: minute, knownTime: 0 },
    ];
    expect(decayed.finish(summarise(decayed, p, facts), 2 * minute)).toBe(4);
    const old = summarise(aggregates.decayedMean, p, facts);
    expect(aggregates.decayedMean.finish(old, 5_000_000 * minute)).toBeCloseTo(16 / 3, 14);
    expect(decayed.finish(summarise(decayed, p, facts), 5_000_000 * minute)).toBe(0);
    expect(answer("decayedCount", [1, 1], { halfLife: 1 as never })).toBe(0.75);
  });

  it("counts different values exactly up to the size of the sketch, and within 10 % beyond", () => {
    const texts = (n: number): string[] => Array.from({ length: n }, (_, i) => `value ${i % n}`);
    expect(answer("approxDistinctCount", [...texts(sketchSize), ...texts(10)])).toBe(sketchSize);
    for (const n of [2_000, 20_000]) {
      const found = answer("approxDistinctCount", texts(n)) as number;
      expect(Math.abs(found / n - 1)).toBeLessThan(0.1);
      const sliding = aggregates.approxDistinctCount.sliding({});
      for (const text of texts(n)) sliding.add(text, 0, 0);
      expect(sliding.finish(0)).toBe(found);
    }
  });
});
