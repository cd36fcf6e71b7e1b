import {
  asOf,
  catalog,
  count,
  entity,
  last,
  lastN,
  mean,
  minutes,
  onDemand,
  parseInstant,
  plan,
  sketchSize,
  source,
  sum,
  t,
  type Value,
  view,
} from "@pawl/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareValues, shown } from "./compare-values.ts";
import { fromUnits, toUnits } from "./exact-number.ts";
import type { Row } from "./facts.ts";
import { expectations, oracle } from "./oracle.ts";
import { textbook } from "./textbook.ts";

describe("compareValues", () => {
  it.each<[Value, Value, string | undefined]>([
    [1, 1, undefined],
    [0, -0, undefined],
    [null, null, undefined],
    [5n, 5n, undefined],
    [["a", null], ["a", null], undefined],
    [1, 1n, "expected 1, got 1n, which is no int"],
    [1, true, "expected 1, got true, which is no int"],
    [0, null, "expected 0, got null"],
    [null, 0, "expected null, got 0"],
    [1, 1 + Number.EPSILON, "expected 1, got 1.0000000000000002"],
    [["a"], ["a", "b"], 'expected ["a"], got ["a", "b"], which is no int'],
    [["a"], null, 'expected ["a"], got null'],
  ])("%o against %o", (expected, actual, said) => {
    expect(compareValues(expected, actual, "int")).toBe(said);
  });

  it("allows the stated error and no more", () => {
    expect(compareValues(1, 1.001, "float", 0.01)).toBeUndefined();
    expect(compareValues(1, 1.1, "float", 0.01)).toBe("expected 1 ± 0.01, got 1.1");
    expect(compareValues(1, Number.NaN, "float", 0.01)).toContain("got NaN");
  });

  it("shows values as code", () => {
    expect(shown({ a: [1n, -0, "x", null] })).toBe('{ a: [1n, -0, "x", null] }');
  });
});

describe("exact numbers", () => {
  it("come back as they went", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(fromUnits(toUnits(x)) + 0).toBe(x + 0);
      }),
    );
  });

  it("are rounded to the nearest double", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 2 ** 31 }), (a, b) => {
        // A quotient of two doubles is correctly rounded by the processor.
        expect(fromUnits(BigInt(a) << 1074n, BigInt(b)) + 0).toBe(a / b + 0);
      }),
    );
  });
});

describe("the textbook", () => {
  const answer = (fn: Parameters<typeof textbook>[0]["fn"], values: (number | string)[], q = 0.5) => {
    const facts = values.map((value, i) => ({ value, eventTime: i, knownTime: i }));
    const params = { q, n: 2, halfLife: 1 as never };
    const node = { op: "aggregate", kind: "float", fn, params, window: {} } as const;
    return textbook(node, facts, values.length, 0).value;
  };

  it("knows small cases by heart", () => {
    expect(answer("std", [2, 4, 4, 4, 5, 5, 7, 9])).toBe(Math.sqrt(32 / 7));
    expect(answer("quantile", [1, 2, 3, 4, 5], 0.25)).toBe(2);
    expect(answer("decayedSum", [8, 4])).toBe(4);
    expect(answer("decayedMean", [8, 4])).toBe(16 / 3);
    expect(answer("topK", ["b", "a", "b", "c"])).toEqual(["b", "a"]);
    expect(answer("sum", [1e16, 1, -1e16])).toBe(1);
  });

  it("sketches beyond the exact count", () => {
    const many = Array.from({ length: 3000 }, (_, i) => i);
    expect(answer("approxDistinctCount", many.slice(0, sketchSize))).toBe(sketchSize);
    expect(Math.abs((answer("approxDistinctCount", many) as number) / 3000 - 1)).toBeLessThan(0.1);
  });
});

describe("the oracle", () => {
  const airport = entity("airport", { key: t.string });
  const flights = source("flights", {
    columns: { at: t.timestamp, origin: airport, delay: t.float },
    eventTime: "at",
    knownTime: (f) => f.at.plus(minutes(f.delay)),
  });
  const departures = flights.by("origin").features((f) => ({
    n: count().over("1h"),
    sum: sum(f.delay),
    last: last(f.delay),
    two: lastN(f.delay, 2),
    late: mean(f.delay.gt(15)),
  }));
  const said = onDemand(
    "said",
    { inputs: { n: departures.f.n }, returns: t.string },
    ({ n }) => `${n} flights`,
  );
  const board = view("board", {
    spine: { origin: airport, asked: t.timestamp },
    items: ["origin", departures, said, { hour: asOf().since("2024-05-01T00:00:00Z").in("hours") }],
  });
  const { groups } = catalog([board]);
  const moment = (time: string): number => parseInstant(`2024-05-01T${time}Z`);
  const facts: Row[] = [
    { at: moment("08:00"), origin: "ORD", delay: 30 },
    { at: moment("08:20"), origin: "ORD", delay: 0 },
    { at: moment("08:30"), origin: "ORD", delay: null },
    { at: moment("08:10"), origin: "JFK", delay: Number.NaN },
    { at: moment("07:00"), origin: null, delay: 1 },
  ];
  const ask = (asked: string | null, origin: string | null): Row => {
    const spine = [{ origin, asked: asked === null ? null : moment(asked) }];
    const [row] = oracle({ plan: plan(board, groups), spine, asOf: "asked", facts: { flights: facts } });
    return row as Row;
  };
  const name = "flights_by_origin";

  it("sees what was known before the moment, and nothing else", () => {
    expect(ask("08:20", "ORD")).toMatchObject({ [`${name}.n`]: 0, [`${name}.sum`]: null, said: "0 flights" });
    expect(ask("08:25", "ORD")).toMatchObject({ [`${name}.n`]: 1, [`${name}.sum`]: 0, [`${name}.two`]: [0] });
    expect(ask("08:30", "ORD")).toMatchObject({ [`${name}.n`]: 1 });
    expect(ask("08:31", "ORD")).toMatchObject({
      [`${name}.n`]: 2,
      [`${name}.sum`]: 30,
      [`${name}.last`]: 0,
      [`${name}.two`]: [0, 30],
      [`${name}.late`]: 0.5,
      said: "2 flights",
    });
    expect(ask("09:10", "ORD")).toMatchObject({ [`${name}.n`]: 1, [`${name}.sum`]: 30 });
  });

  it("never sees facts without a key or a time, nor for rows without a key or a moment", () => {
    const nothing = { [`${name}.n`]: 0, [`${name}.sum`]: null };
    expect(ask("09:00", "JFK")).toMatchObject(nothing);
    expect(ask("09:00", null)).toMatchObject(nothing);
    expect(ask(null, "ORD")).toMatchObject({ ...nothing, hour: null, origin: "ORD" });
  });

  it("says how far a value may be off, and what a rounding may turn over", () => {
    const listed = view("v", {
      spine: { origin: airport, asked: t.timestamp },
      items: [{ x: departures.f.sum, y: departures.f.sum.gt(30) }],
    });
    const spine = [{ origin: "ORD", asked: moment("08:31") }];
    const question = { plan: plan(listed, groups), spine, asOf: "asked", facts: { flights: facts } };
    expect(expectations(question, { tolerance: 1e-6 })[0]).toEqual([
      { value: 30, error: expect.closeTo(6e-5, 9) as number, others: [] },
      { value: false, error: 0, others: [true, false] },
    ]);
  });
});
