import type { AggregateName, AggregateParameters, Window } from "@pawl/core";

/** Things grouped by key: those of key k are `order[offsets[k]]` to `order[offsets[k + 1] - 1]`. */
export interface Grouped {
  readonly offsets: Int32Array;
  readonly order: Int32Array;
}

/**
 * The facts of one lookup as records of doubles with NaN for null: eventTime, knownTime unless it is the
 * same, arguments, conditions. Text and bigints are codes in the order of the values, for
 * approxDistinctCount hashes; conditions are 1 where true. Only facts with both times are here.
 */
export interface SweepFacts extends Grouped {
  readonly records: Float64Array;
  /** Doubles of one record. */
  readonly width: number;
  /** Where knownTime is in a record: 0 when it is the eventTime, which is at 0. */
  readonly known: 0 | 1;
}

export interface SweepRows extends Grouped {
  readonly asOf: Float64Array;
}

/** One aggregate to be computed for every row. */
export interface SweepSlot {
  readonly fn: AggregateName;
  readonly params: AggregateParameters;
  readonly window: Window;
  /** Where argument and condition are in a fact's record; −1 for none. */
  readonly arg: number;
  readonly where: number;
  /** Items of a list result at most; 0 for a single value. */
  readonly items: number;
  /** Where the value is in an output record. A list is its size (NaN for null) and then its items. */
  readonly column: number;
}

/** Everything a sweep reads and writes; all arrays stand on SharedArrayBuffers. */
export interface SweepJob {
  readonly facts: SweepFacts;
  readonly rows: SweepRows;
  readonly slots: readonly SweepSlot[];
  /** A record of `outWidth` doubles for each row, NaN for null. */
  readonly out: Float64Array;
  readonly outWidth: number;
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
