import type { Scalar, Value } from "../definitions/kind.ts";
import type { Aggregate, AggregateName, Sliding } from "./aggregate.ts";
import { argumentOf } from "./argument.ts";
import { decodeArray, decodeNumber } from "./encoded.ts";
import { ExactSum } from "./exact-sum.ts";

class Total implements Sliding {
  n = 0;
  total = new ExactSum();
  private readonly divide: boolean;

  constructor(divide: boolean) {
    this.divide = divide;
  }

  add(value: Scalar | null): void {
    if (value === null) return;
    this.n++;
    this.total.add(Number(value));
  }

  remove(value: Scalar | null): void {
    if (value === null) return;
    this.n--;
    this.total.subtract(Number(value));
    if (this.n === 0) this.total.clear();
  }

  finish(): Value {
    if (this.n === 0) return null;
    const sum = this.total.value();
    return Number.isNaN(sum) ? null : this.divide ? sum / this.n : sum;
  }

  clear(): void {
    this.n = 0;
    this.total.clear();
  }
}

function totalling(name: AggregateName, resultKind: Aggregate<Total>["resultKind"]): Aggregate<Total> {
  const divide = name === "mean";
  return {
    name,
    past: false,
    resultKind,
    init: () => new Total(divide),
    add: (summary, value) => summary.add(value),
    remove: (summary, value) => summary.remove(value),
    merge: (into, from) => {
      into.n += from.n;
      into.total.merge(from.total);
    },
    finish: (summary) => summary.finish(),
    encode: (summary) => [summary.n, ...summary.total.encode()],
    decode: (data) => {
      const [n, ...total] = decodeArray(data);
      const summary = new Total(divide);
      summary.n = decodeNumber(n);
      summary.total = ExactSum.decode(total);
      return summary;
    },
    sliding: () => new Total(divide),
  };
}

/**
 * Sum of the values that are not null. The exact sum, rounded once to a double: an int sum is exact up to
 * 2⁵³, a float sum is within half a unit in the last place, whatever the order. Null while a value beyond
 * 10²⁹² is inside.
 */
export const sum: Aggregate<Total> = totalling("sum", (arg) => argumentOf("sum", arg, ["int", "float"]));

/** The sum (see there) divided by the number of values; of a bool, the share that is true. Two roundings. */
export const mean: Aggregate<Total> = totalling("mean", (arg) => {
  argumentOf("mean", arg, ["int", "float", "bool"]);
  return "float";
});
