import type { Aggregate } from "./aggregate.ts";
import { scalarArgumentOf } from "./argument.ts";
import { decodeNumber } from "./encoded.ts";

interface Count {
  n: number;
}

/** How many facts; with an argument, how many facts where it is not null. */
export const count: Aggregate<Count> = {
  name: "count",
  past: false,
  resultKind: (arg) => {
    if (arg !== undefined) scalarArgumentOf("count", arg);
    return "int";
  },
  init: () => ({ n: 0 }),
  add: (summary, value) => {
    if (value !== null) summary.n++;
  },
  remove: (summary, value) => {
    if (value !== null) summary.n--;
  },
  merge: (into, from) => {
    into.n += from.n;
  },
  finish: (summary) => summary.n,
  encode: (summary) => summary.n,
  decode: (data) => ({ n: decodeNumber(data) }),
  sliding: () => {
    let n = 0;
    return {
      add: (value) => {
        if (value !== null) n++;
      },
      remove: (value) => {
        if (value !== null) n--;
      },
      finish: () => n,
      clear: () => {
        n = 0;
      },
    };
  },
};
