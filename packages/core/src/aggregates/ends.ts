import type { Scalar, Value } from "../definitions/kind.ts";
import type { Aggregate, AggregateName, Sliding } from "./aggregate.ts";
import { scalarArgumentOf } from "./argument.ts";
import { compareDated, type DatedValue, decodeDated, encodeDated } from "./dated-value.ts";
import { FactOrder } from "./fact-order.ts";

interface End {
  fact: DatedValue | undefined;
}

class SlidingEnd implements Sliding {
  private readonly facts = new FactOrder();
  private readonly latest: boolean;

  constructor(latest: boolean) {
    this.latest = latest;
  }

  add(value: Scalar | null, eventTime: number, knownTime: number): void {
    this.facts.add(value, eventTime, knownTime);
  }

  remove(value: Scalar | null, eventTime: number, knownTime: number): void {
    this.facts.remove(value, eventTime, knownTime);
  }

  finish(): Value {
    if (this.facts.size === 0) return null;
    return this.latest ? this.facts.last() : this.facts.first();
  }

  clear(): void {
    this.facts.clear();
  }
}

function end(name: AggregateName, sign: 1 | -1): Aggregate<End> {
  const take = (summary: End, fact: DatedValue): void => {
    if (!summary.fact || compareDated(fact, summary.fact) * sign > 0) summary.fact = fact;
  };
  return {
    name,
    past: false,
    resultKind: (arg) => scalarArgumentOf(name, arg),
    init: () => ({ fact: undefined }),
    add: (summary, value, eventTime, knownTime) => take(summary, { value, eventTime, knownTime }),
    merge: (into, from) => {
      if (from.fact) take(into, from.fact);
    },
    finish: (summary) => summary.fact?.value ?? null,
    encode: (summary) => (summary.fact ? encodeDated(summary.fact) : null),
    decode: (data) => ({ fact: data === null ? undefined : decodeDated(data) }),
    sliding: () => new SlidingEnd(sign > 0),
  };
}

/** The value on the earliest fact, null if it is null there; of facts at one moment, the lowest. */
export const first: Aggregate<End> = end("first", -1);

/** The value on the latest fact, null if it is null there; of facts at one moment, the highest. */
export const last: Aggregate<End> = end("last", 1);
