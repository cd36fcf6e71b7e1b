import { compareScalars } from "../definitions/compare.ts";
import type { Scalar } from "../definitions/kind.ts";
import type { Aggregate } from "./aggregate.ts";
import { scalarArgumentOf } from "./argument.ts";
import { decodeArray, decodeScalar, encodeScalar } from "./encoded.ts";
import { ValueCounts } from "./value-counts.ts";

/** How many different values, exactly. The summary holds them all. */
export const distinctCount: Aggregate<Set<Scalar>> = {
  name: "distinctCount",
  past: false,
  resultKind: (arg) => {
    scalarArgumentOf("distinctCount", arg);
    return "int";
  },
  init: () => new Set(),
  add: (summary, value) => {
    if (value !== null) summary.add(value);
  },
  merge: (into, from) => {
    for (const value of from) into.add(value);
  },
  finish: (summary) => summary.size,
  encode: (summary) => [...summary].sort(compareScalars).map(encodeScalar),
  decode: (data) => new Set(decodeArray(data).map((value) => decodeScalar(value) as Scalar)),
  sliding: () => {
    const values = new ValueCounts();
    return {
      add: (value) => {
        if (value !== null) values.add(value);
      },
      remove: (value) => {
        if (value !== null) values.remove(value);
      },
      finish: () => values.counts.size,
      clear: () => values.counts.clear(),
    };
  },
};
