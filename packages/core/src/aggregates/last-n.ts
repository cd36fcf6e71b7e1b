import { listOf, type ScalarKind } from "../definitions/kind.ts";
import type { Aggregate } from "./aggregate.ts";
import { parameterOf, scalarArgumentOf } from "./argument.ts";
import { compareDated, type DatedValue, decodeDated, encodeDated } from "./dated-value.ts";
import { decodeArray } from "./encoded.ts";
import { FactOrder } from "./fact-order.ts";

interface LastN {
  readonly n: number;
  /** Latest first, at most n. */
  readonly facts: DatedValue[];
}

function take({ n, facts }: LastN, fact: DatedValue): void {
  let at = facts.length;
  while (at > 0 && compareDated(facts[at - 1] as DatedValue, fact) < 0) at--;
  if (at === n) return;
  facts.splice(at, 0, fact);
  if (facts.length > n) facts.pop();
}

/** The latest n values that are not null, latest first; null when there is none. */
export const lastN: Aggregate<LastN> = {
  name: "lastN",
  past: false,
  resultKind: (arg) => listOf(scalarArgumentOf("lastN", arg) as ScalarKind),
  init: (params) => ({ n: parameterOf("lastN", params, "n"), facts: [] }),
  add: (summary, value, eventTime, knownTime) => {
    if (value !== null) take(summary, { value, eventTime, knownTime });
  },
  merge: (into, from) => {
    for (const fact of from.facts) take(into, fact);
  },
  finish: ({ facts }) => (facts.length === 0 ? null : facts.map((fact) => fact.value)),
  encode: ({ facts }) => facts.map(encodeDated),
  decode: (data, params) => ({
    n: parameterOf("lastN", params, "n"),
    facts: decodeArray(data).map(decodeDated),
  }),
  sliding: (params) => {
    const n = parameterOf("lastN", params, "n");
    const facts = new FactOrder();
    return {
      add: (value, eventTime, knownTime) => {
        if (value !== null) facts.add(value, eventTime, knownTime);
      },
      remove: (value, eventTime, knownTime) => {
        if (value !== null) facts.remove(value, eventTime, knownTime);
      },
      finish: () => (facts.size === 0 ? null : facts.latest(n)),
      clear: () => facts.clear(),
    };
  },
};
