import { compareScalars } from "../definitions/compare.ts";
import type { Scalar, Value } from "../definitions/kind.ts";
import type { Aggregate, AggregateName, Sliding } from "./aggregate.ts";
import { scalarArgumentOf } from "./argument.ts";
import { decodeScalar, encodeScalar } from "./encoded.ts";
import { FactOrder } from "./fact-order.ts";
import { SortedNumbers } from "./sorted-numbers.ts";

interface Extreme {
  value: Scalar | null;
}

class SlidingExtreme implements Sliding {
  private readonly numbers = new SortedNumbers();
  /** Values that are no numbers, all at one moment, so that only their own order counts. */
  private others: FactOrder | undefined;
  private readonly greatest: boolean;

  constructor(greatest: boolean) {
    this.greatest = greatest;
  }

  add(value: Scalar | null): void {
    if (typeof value === "number") this.numbers.add(value);
    else if (value !== null) (this.others ??= new FactOrder()).add(value, 0, 0);
  }

  remove(value: Scalar | null): void {
    if (typeof value === "number") this.numbers.remove(value);
    else if (value !== null) this.others?.remove(value, 0, 0);
  }

  finish(): Value {
    const { numbers, others, greatest } = this;
    if (numbers.size > 0) return numbers.at(greatest ? numbers.size - 1 : 0);
    if (others === undefined || others.size === 0) return null;
    return greatest ? others.last() : others.first();
  }

  clear(): void {
    this.numbers.clear();
    this.others?.clear();
  }
}

function extreme(name: AggregateName, sign: 1 | -1): Aggregate<Extreme> {
  const take = (summary: Extreme, value: Scalar | null): void => {
    if (value === null) return;
    if (summary.value === null || compareScalars(value, summary.value) * sign > 0) summary.value = value;
  };
  return {
    name,
    past: false,
    resultKind: (arg) => scalarArgumentOf(name, arg),
    init: () => ({ value: null }),
    add: take,
    merge: (into, from) => take(into, from.value),
    finish: (summary) => summary.value,
    encode: (summary) => encodeScalar(summary.value),
    decode: (data) => ({ value: decodeScalar(data) }),
    sliding: () => new SlidingExtreme(sign > 0),
  };
}

/** The smallest value, in the order of `compareScalars`. */
export const min: Aggregate<Extreme> = extreme("min", -1);

/** The greatest value, in the order of `compareScalars`. */
export const max: Aggregate<Extreme> = extreme("max", 1);
