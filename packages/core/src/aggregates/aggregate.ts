import type { Kind, Scalar, Value } from "../definitions/kind.ts";
import type { Duration } from "../time/duration.ts";

export type AggregateName =
  | "count"
  | "sum"
  | "mean"
  | "min"
  | "max"
  | "std"
  | "first"
  | "last"
  | "lastN"
  | "distinctCount"
  | "approxDistinctCount"
  | "quantile"
  | "topK"
  | "decayedSum"
  | "decayedCount"
  | "decayedMean";

export interface AggregateParameters {
  /** lastN, topK: how many values, 1 to 100. */
  readonly n?: number;
  /** quantile: 0 to 1, linear interpolation between neighbours (type 7 of Hyndman & Fan 1996). */
  readonly q?: number;
  /** decayed*: after this long a fact weighs half. */
  readonly halfLife?: Duration;
}

/**
 * One aggregate, defined once for history, present and monitoring.
 *
 * A value is a function of the multiset of seen facts, never of the order they came in: ties on
 * eventTime are settled by knownTime, then by the value itself (`compareNullable`). Null values are
 * left out by every aggregate but `count` without argument and `first`/`last`, which tell the truth
 * about the fact they found. With nothing to aggregate, counts are 0 and all else is null.
 *
 * `Summary` is a commutative monoid under `merge`: `merge(summary of A, summary of B)` is the
 * summary of the multiset A + B. `remove` exists where it is also a group.
 */
export interface Aggregate<Summary> {
  readonly name: AggregateName;
  /** Kind of the result for an argument of kind `arg` (undefined: no argument); throws `invalid_definition`. */
  resultKind(arg: Kind | undefined): Kind;
  /** Does a past-only window apply (eventTime < asOf)? */
  readonly past: boolean;
  init(params: AggregateParameters): Summary;
  /** Where the aggregate has no argument (count of facts, decayedCount), `value` is `noArgument`. */
  add(summary: Summary, value: Scalar | null, eventTime: number, knownTime: number): void;
  /** Undoes one `add` of the same fact. Present only where the summary stays small and exact. */
  remove?(summary: Summary, value: Scalar | null, eventTime: number, knownTime: number): void;
  merge(into: Summary, from: Summary): void;
  finish(summary: Summary, asOf: number): Value;
  /** Plain JSON-safe data for a store, and back. */
  encode(summary: Summary): unknown;
  decode(data: unknown, params: AggregateParameters): Summary;
  /**
   * A multiset that facts enter and leave in any order: what a sweep over time uses.
   * Same values as init/add/finish over the facts now inside.
   */
  sliding(params: AggregateParameters, options?: SlidingOptions): Sliding;
}

/** What `add` and `remove` get as value when the aggregate has no argument: something that is not null. */
export const noArgument = 1;

export interface SlidingOptions {
  /**
   * approxDistinctCount only: the `valueHash` of what a code stands for, when the caller feeds codes
   * in place of values. Default: `valueHash` of the value itself.
   */
  readonly hashOf?: (value: Scalar) => number;
}

/**
 * See `Aggregate.sliding`. Values may be order-preserving codes in place of text (then min, max, first,
 * last, lastN and topK answer with codes, and approxDistinctCount needs `hashOf`). `remove` must name a fact
 * that is inside; anything else is a fault of the caller.
 */
export interface Sliding {
  add(value: Scalar | null, eventTime: number, knownTime: number): void;
  remove(value: Scalar | null, eventTime: number, knownTime: number): void;
  finish(asOf: number): Value;
  clear(): void;
}
