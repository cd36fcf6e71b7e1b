import type { Aggregate } from "./aggregate.ts";
import { argumentOf, parameterOf } from "./argument.ts";
import { decodeArray, decodeNumber } from "./encoded.ts";
import { SortedNumbers } from "./sorted-numbers.ts";

interface Quantile {
  readonly q: number;
  values: number[];
  sorted: boolean;
}

/**
 * Type 7 of Hyndman & Fan 1996: at position (n − 1)·q of the sorted values, linear between neighbours.
 * The steps are fixed, so that every engine rounds alike: lo + (hi − lo) · frac. Null where hi − lo
 * is not finite.
 */
export function interpolate(n: number, q: number, at: (k: number) => number): number | null {
  const position = (n - 1) * q;
  const below = Math.floor(position);
  const lo = at(below);
  const frac = position - below;
  if (frac === 0) return lo;
  const value = lo + (at(below + 1) - lo) * frac;
  return Number.isFinite(value) ? value : null;
}

function sort(summary: Quantile): number[] {
  if (!summary.sorted) summary.values = Array.from(Float64Array.from(summary.values).sort());
  summary.sorted = true;
  return summary.values;
}

/** The q-quantile of the values that are not null, exactly: the summary holds them all. */
export const quantile: Aggregate<Quantile> = {
  name: "quantile",
  past: false,
  resultKind: (arg) => {
    argumentOf("quantile", arg, ["int", "float"]);
    return "float";
  },
  init: (params) => ({ q: parameterOf("quantile", params, "q"), values: [], sorted: true }),
  add: (summary, value) => {
    if (value === null) return;
    summary.values.push(value as number);
    summary.sorted = false;
  },
  merge: (into, from) => {
    for (const value of from.values) into.values.push(value);
    into.sorted = false;
  },
  finish: (summary) => {
    const values = sort(summary);
    return values.length === 0 ? null : interpolate(values.length, summary.q, (k) => values[k] as number);
  },
  encode: (summary) => [...sort(summary)],
  decode: (data, params) => ({
    q: parameterOf("quantile", params, "q"),
    values: decodeArray(data).map(decodeNumber),
    sorted: true,
  }),
  sliding: (params) => {
    const q = parameterOf("quantile", params, "q");
    const values = new SortedNumbers();
    const at = (k: number): number => values.at(k);
    return {
      add: (value) => {
        if (value !== null) values.add(value as number);
      },
      remove: (value) => {
        if (value !== null) values.remove(value as number);
      },
      finish: () => (values.size === 0 ? null : interpolate(values.size, q, at)),
      clear: () => values.clear(),
    };
  },
};
