import type { Scalar, Value } from "../definitions/kind.ts";
import type { Aggregate, Sliding } from "./aggregate.ts";
import { argumentOf } from "./argument.ts";
import { decodeArray, decodeNumber } from "./encoded.ts";
import { ExactSum } from "./exact-sum.ts";

/** Beyond this (about 10¹³⁵) squares are not summed: while such a value is inside, the answer is null. */
export const largestSquared = 2 ** 450;

/** For `finish` alone, which is never interrupted. */
const difference = new ExactSum();

class Spread implements Sliding {
  n = 0;
  huge = 0;
  sum = new ExactSum();
  squares = new ExactSum();

  add(value: Scalar | null): void {
    if (value !== null) this.accumulate(value as number, 1);
  }

  remove(value: Scalar | null): void {
    if (value === null) return;
    this.accumulate(value as number, -1);
    if (this.n === 0) this.clear();
  }

  finish(): Value {
    const { n, huge } = this;
    if (n < 2 || huge > 0) return null;
    // n·Σx² − (Σx)² without rounding, so nothing cancels and it is never below zero but by underflow.
    difference.clear();
    difference.addMultiple(n, this.squares);
    difference.addProductOf(this.sum, this.sum, -1);
    return Math.sqrt(Math.max(0, difference.value()) / n / (n - 1));
  }

  clear(): void {
    this.n = 0;
    this.huge = 0;
    this.sum.clear();
    this.squares.clear();
  }

  private accumulate(x: number, sign: 1 | -1): void {
    this.n += sign;
    if (x > largestSquared || x < -largestSquared) {
      this.huge += sign;
      return;
    }
    this.sum.add(sign * x);
    // Whole numbers up to 2²⁶ have exact squares.
    if (x <= 67_108_864 && x >= -67_108_864 && Math.floor(x) === x) this.squares.add(sign * x * x);
    else this.squares.addProduct(sign * x, x);
  }
}

/**
 * Sample standard deviation, √((n·Σx² − (Σx)²) / (n·(n − 1))), with both sums and their difference exact:
 * within 2⁻⁵¹ of the true value, however large the mean is against the spread, and independent of order.
 * Spreads below 10⁻¹³⁰ may come out as 0. Null for fewer than two values.
 */
export const std: Aggregate<Spread> = {
  name: "std",
  past: false,
  resultKind: (arg) => {
    argumentOf("std", arg, ["int", "float"]);
    return "float";
  },
  init: () => new Spread(),
  add: (summary, value) => summary.add(value),
  remove: (summary, value) => summary.remove(value),
  merge: (into, from) => {
    into.n += from.n;
    into.huge += from.huge;
    into.sum.merge(from.sum);
    into.squares.merge(from.squares);
  },
  finish: (summary) => summary.finish(),
  encode: ({ n, huge, sum, squares }) => [n, huge, sum.encode(), squares.encode()],
  decode: (data) => {
    const [n, huge, sum, squares] = decodeArray(data);
    const summary = new Spread();
    summary.n = decodeNumber(n);
    summary.huge = decodeNumber(huge);
    summary.sum = ExactSum.decode(sum);
    summary.squares = ExactSum.decode(squares);
    return summary;
  },
  sliding: () => new Spread(),
};
