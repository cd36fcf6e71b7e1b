import type { Scalar, Value } from "../definitions/kind.ts";
import type { Aggregate, Sliding } from "./aggregate.ts";
import { scalarArgumentOf } from "./argument.ts";
import { decodeArray, decodeNumber } from "./encoded.ts";
import { SortedNumbers } from "./sorted-numbers.ts";
import { ValueCounts } from "./value-counts.ts";
import { hashRange, valueHash } from "./value-hash.ts";

/** Up to so many different values the count is exact; beyond, the k-th smallest hash, k being this, tells. */
export const sketchSize = 1024;

/** One more is kept, to know whether there are more. */
const kept = sketchSize + 1;

/** The smallest hashes of the values seen, ascending and distinct, at most `kept`. */
interface Sketch {
  readonly hashes: number[];
}

/** (k − 1) / U with U the k-th smallest hash as a fraction of the range, rounded down. */
function estimate(kthSmallest: number): number {
  return Math.floor(((sketchSize - 1) * hashRange) / (kthSmallest + 1));
}

function take({ hashes }: Sketch, hash: number): void {
  const last = hashes[hashes.length - 1];
  if (hashes.length === kept && hash >= (last as number)) return;
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hashes[middle] as number) < hash) low = middle + 1;
    else high = middle;
  }
  if (hashes[low] === hash) return;
  hashes.splice(low, 0, hash);
  if (hashes.length > kept) hashes.pop();
}

class SlidingSketch implements Sliding {
  private readonly inside = new ValueCounts();
  private readonly hashes = new SortedNumbers();
  private readonly hashOf: (value: Scalar) => number;

  constructor(hashOf: (value: Scalar) => number) {
    this.hashOf = hashOf;
  }

  add(value: Scalar | null): void {
    if (value === null) return;
    const hash = this.hashOf(value);
    if (this.inside.add(hash)) this.hashes.add(hash);
  }

  remove(value: Scalar | null): void {
    if (value === null) return;
    const hash = this.hashOf(value);
    if (this.inside.remove(hash)) this.hashes.remove(hash);
  }

  finish(): Value {
    const { hashes } = this;
    return hashes.size <= sketchSize ? hashes.size : estimate(hashes.at(sketchSize - 1));
  }

  clear(): void {
    this.inside.counts.clear();
    this.hashes.clear();
  }
}

/**
 * How many different values, from the k = 1,024 smallest of their hashes ("k minimum values", Bar-Yossef
 * et al. 2002). Up to 1,024 different values the number is exact (but for two hashes of 52 bits falling
 * together); from there on it is an estimate with a standard error of 1/√(k − 2), about 3.1 %. The same
 * values give the same answer in every engine and any order.
 */
export const approxDistinctCount: Aggregate<Sketch> = {
  name: "approxDistinctCount",
  past: false,
  resultKind: (arg) => {
    scalarArgumentOf("approxDistinctCount", arg);
    return "int";
  },
  init: () => ({ hashes: [] }),
  add: (summary, value) => {
    if (value !== null) take(summary, valueHash(value));
  },
  merge: (into, from) => {
    for (const hash of from.hashes) take(into, hash);
  },
  finish: ({ hashes }) =>
    hashes.length <= sketchSize ? hashes.length : estimate(hashes[sketchSize - 1] as number),
  encode: ({ hashes }) => [...hashes],
  decode: (data) => ({ hashes: decodeArray(data).map(decodeNumber) }),
  sliding: (_, options) => new SlidingSketch(options?.hashOf ?? valueHash),
};
