import { compareScalars } from "../definitions/compare.ts";
import { listOf, type Scalar, type ScalarKind } from "../definitions/kind.ts";
import type { Aggregate } from "./aggregate.ts";
import { parameterOf, scalarArgumentOf } from "./argument.ts";
import { FactOrder } from "./fact-order.ts";
import { decodeArray, decodeNumber, decodeScalar, encodeScalar } from "./encoded.ts";
import { ValueCounts } from "./value-counts.ts";

interface TopK {
  readonly n: number;
  readonly values: ValueCounts;
}

const finish = ({ n, values }: TopK): Scalar[] | null => (values.counts.size === 0 ? null : values.top(n));

/** The n most frequent values, most frequent first, ties in the order of the values; null when there is none. */
export const topK: Aggregate<TopK> = {
  name: "topK",
  past: false,
  resultKind: (arg) => listOf(scalarArgumentOf("topK", arg) as ScalarKind),
  init: (params) => ({ n: parameterOf("topK", params, "n"), values: new ValueCounts() }),
  add: ({ values }, value) => {
    if (value !== null) values.add(value);
  },
  remove: ({ values }, value) => {
    if (value !== null) values.remove(value);
  },
  merge: (into, from) => {
    for (const [value, count] of from.values.counts) into.values.add(value, count);
  },
  finish,
  encode: ({ values }) =>
    [...values.counts]
      .sort(([a], [b]) => compareScalars(a, b))
      .map(([value, count]) => [encodeScalar(value), count]),
  decode: (data, params) => {
    const summary = topK.init(params);
    for (const pair of decodeArray(data)) {
      const [value, count] = decodeArray(pair);
      summary.values.add(decodeScalar(value) as Scalar, decodeNumber(count));
    }
    return summary;
  },
  sliding: (params) => {
    const n = parameterOf("topK", params, "n");
    const counts = new Map<Scalar, number>();
    // Values "happen" at minus their count: the earliest are the most frequent, and ties are settled by value.
    const byCount = new FactOrder();
    const change = (value: Scalar, by: 1 | -1): void => {
      const before = counts.get(value) ?? 0;
      if (before > 0) byCount.remove(value, -before, 0);
      if (before + by > 0) {
        counts.set(value, before + by);
        byCount.add(value, -before - by, 0);
      } else counts.delete(value);
    };
    return {
      add: (value) => {
        if (value !== null) change(value, 1);
      },
      remove: (value) => {
        if (value !== null) change(value, -1);
      },
      finish: () => (byCount.size === 0 ? null : byCount.earliest(n)),
      clear: () => {
        counts.clear();
        byCount.clear();
      },
    };
  },
};
