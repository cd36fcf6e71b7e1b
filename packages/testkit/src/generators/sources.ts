import {
  type Entity,
  entity,
  evaluator,
  type KeyKind,
  minutes,
  source,
  type Source,
  t,
  type Value,
} from "@pawl/core";
import fc from "fast-check";
import { cell, type Row } from "../oracle/facts.ts";
import type { Scope } from "./expressions.ts";
import { delays, keysOf, moments, valuesOf } from "./values.ts";

/** Every kind of column, under names that need quoting somewhere. */
const columns = {
  happened: t.timestamp,
  learned: t.timestamp,
  order: t.string,
  größe: t.int,
  select: t.float,
  価格: t.bigint,
  flag: t.bool,
  moment: t.timestamp,
  took: t.duration,
};

const knownTimes = ["happened", "learned", "expression"] as const;

/** A source by its random traits: whom it is about, and how its facts become known. */
export function makeSource(name: string, who: Entity, known: (typeof knownTimes)[number]): Source {
  const all = { who, ...columns };
  const eventTime = "happened";
  const options = { columns: all, eventTime } as const;
  const made =
    known === "expression"
      ? source(name, { ...options, knownTime: (f) => f.happened.plus(minutes(f.größe.times(0.12).plus(40))) })
      : source(name, { ...options, knownTime: known });
  return made as unknown as Source;
}

export const knownTimeKinds: fc.Arbitrary<(typeof knownTimes)[number]> = fc.constantFrom(...knownTimes);

export const keyKinds: fc.Arbitrary<KeyKind> = fc.constantFrom("string", "int", "bigint");

export const makeEntity = (name: string, kind: KeyKind): Entity =>
  entity(name, { key: t[kind] }) as unknown as Entity;

/** The handles of a fact of such a source, by kind. */
export function factScope(made: Source): Scope {
  const f = made.fact as unknown as { readonly [N in keyof typeof columns]: never };
  return {
    numbers: [f["größe"], f["select"]],
    texts: [f["order"]],
    bools: [f["flag"]],
    bigints: [f["価格"]],
    times: [f["moment"], f["happened"]],
    durations: [f["took"]],
  };
}

const orNull = (value: fc.Arbitrary<Value>): fc.Arbitrary<Value> => fc.option(value, { freq: 8 });

/**
 * Facts of such a source: late, early, tied, twice, out of order, with nulls anywhere. The delay is drawn on
 * its own, so that what is known when differs from fact to fact.
 */
export function factsOf(kind: KeyKind, count: { readonly maxLength: number }): fc.Arbitrary<Row[]> {
  const [a, b, c] = keysOf[kind];
  const fact = fc
    .record({
      who: fc.option(fc.constantFrom(a, a, a, b, b, c), { freq: 30 }),
      happened: fc.option(moments, { freq: 30 }),
      delay: fc.option(delays, { freq: 30 }),
      order: orNull(valuesOf.string),
      größe: orNull(valuesOf.int),
      select: orNull(valuesOf.float),
      価格: orNull(valuesOf.bigint),
      flag: orNull(valuesOf.bool),
      moment: orNull(valuesOf.timestamp),
      took: orNull(valuesOf.duration),
    })
    .map(({ delay, ...row }): Row => {
      const learned = row.happened === null || delay === null ? null : row.happened + delay;
      return { ...row, learned };
    });
  const once = fc.array(fact, { ...count, size: "max" });
  return fc.tuple(once, fc.array(fc.nat(), { maxLength: 2 })).map(([facts, again]) => {
    const twice = again.map((i) => facts[i % Math.max(1, facts.length)]);
    return [...facts, ...twice.filter((fact): fact is Row => fact !== undefined)];
  });
}

/** When a fact was learned; null when that is not known. */
export function knownTimeOf(made: Source, fact: Row): number | null {
  const read = evaluator<Row>(made.knownTime, (leaf) => {
    const name = leaf.op === "column" ? leaf.name : leaf.op;
    return (row) => cell(row, name);
  });
  return read(fact) as number | null;
}

/** The same fact, learned `by` µs after `moment` at the earliest; undefined when it cannot be. */
export function learnedAfter(made: Source, fact: Row, moment: number, by: number): Row | undefined {
  const { knownTime } = made;
  const moved = knownTime.op === "column" ? { ...fact, [knownTime.name]: moment + by } : fact;
  const known = knownTimeOf(made, moved);
  return known !== null && known >= moment ? moved : undefined;
}
