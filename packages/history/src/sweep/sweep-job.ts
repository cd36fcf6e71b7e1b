import type { AggregateName, AggregateParameters, Window } from "@pawl/core";

/** Things grouped by key: those of key k are `order[offsets[k]]` to `order[offsets[k + 1] - 1]`. */
export interface Grouped {
  readonly offsets: Int32Array;
  readonly order: Int32Array;
}

/**
 * The facts of one lookup, in columns. Values are doubles with NaN for null; text and bigints are codes
 * in the order of the values (for approxDistinctCount: hashes). Only facts with both times are here.
 */
export interface SweepFacts extends Grouped {
  readonly event: Float64Array;
  readonly known: Float64Array;
  readonly args: readonly Float64Array[];
  /** Conditions: 1 where true. */
  readonly wheres: readonly Float64Array[];
}

export interface SweepRows extends Grouped {
  readonly asOf: Float64Array;
}

/** One aggregate to be computed for every row. */
export interface SweepSlot {
  readonly fn: AggregateName;
  readonly params: AggregateParameters;
  readonly window: Window;
  /** Index into `args` and `wheres`; −1 for none. */
  readonly arg: number;
  readonly where: number;
  /** Items of a list result; 0 for a single value. */
  readonly items: number;
  /** rows × max(1, items) doubles, NaN for null. */
  readonly out: Float64Array;
  /** Of a list: how many items, −1 for null. */
  readonly sizes: Int32Array | undefined;
}

/** Everything a sweep reads and writes; all arrays stand on SharedArrayBuffers. */
export interface SweepJob {
  readonly facts: SweepFacts;
  readonly rows: SweepRows;
  readonly slots: readonly SweepSlot[];
  /** The keys whose facts are here: [from, until). */
  readonly keys: { readonly from: number; readonly until: number };
  /** [0]: not 0 to stop. [1]: rows × slots done so far, in thousands. */
  readonly control: Int32Array;
}

/** A part of a job: some keys, some slots. Parts never write to the same place. */
export interface SweepPart {
  readonly fromKey: number;
  readonly untilKey: number;
  readonly slots: readonly number[];
}
