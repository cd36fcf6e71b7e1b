import { PawlError } from "../errors.ts";

/** Where rows are cut in time; all in microseconds. */
export interface TimeSplit {
  /** Training ends here: the moment a model would have been trained. */
  readonly trainUntil: number;
  /** Testing ends here (exclusive). Default: no end. */
  readonly testUntil?: number;
  /** Rows this close before trainUntil are left out, so that windows of the two sides do not touch. */
  readonly embargo?: number;
}

/** Rows on each side, ascending positions, and how many are on neither, by reason. */
export interface TimeSplitRows {
  readonly train: Int32Array;
  readonly test: Int32Array;
  readonly dropped: {
    /** Before the cut, but the label was not yet known when the model would have been trained. */
    readonly labelNotYetKnown: number;
    /** In the embargo before the cut. */
    readonly embargo: number;
    /** At or after testUntil. */
    readonly afterTest: number;
    /** asOf or the label's moment is missing. */
    readonly withoutTime: number;
  };
}

/**
 * Cuts rows forward in time. A row trains only if it was asked about before `trainUntil − embargo` **and** its
 * label was known before `trainUntil`: outcomes that arrive later could not have been learned from. A row
 * tests if trainUntil ≤ asOf < testUntil. NaN times are missing.
 */
export function splitByTime(
  times: { readonly asOf: Float64Array; readonly labelKnown: Float64Array },
  split: TimeSplit,
): TimeSplitRows {
  const { trainUntil, testUntil = Number.POSITIVE_INFINITY, embargo = 0 } = split;
  if (!(testUntil > trainUntil) || !(embargo >= 0)) {
    throw new PawlError("invalid_input", "The cut in time is impossible.", {
      found: `train until ${trainUntil}, test until ${testUntil}, embargo ${embargo}`,
      expected: "a test that ends after the training does, and an embargo that is not negative",
    });
  }
  const { asOf, labelKnown } = times;
  const train: number[] = [];
  const test: number[] = [];
  const dropped = { labelNotYetKnown: 0, embargo: 0, afterTest: 0, withoutTime: 0 };
  for (let row = 0; row < asOf.length; row++) {
    const at = asOf[row] ?? Number.NaN;
    const known = labelKnown[row] ?? Number.NaN;
    if (Number.isNaN(at) || Number.isNaN(known)) dropped.withoutTime++;
    else if (at >= testUntil) dropped.afterTest++;
    else if (at >= trainUntil) test.push(row);
    else if (at >= trainUntil - embargo) dropped.embargo++;
    else if (known >= trainUntil) dropped.labelNotYetKnown++;
    else train.push(row);
  }
  return { train: Int32Array.from(train), test: Int32Array.from(test), dropped };
}
