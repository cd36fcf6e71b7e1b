import { PawlError } from "../errors.ts";

/** The times of a dataset's rows, µs; NaN is "not known". */
export interface SplitTimes {
  readonly asOf: ArrayLike<number>;
  /** When each row's label became known. */
  readonly labelKnown: ArrayLike<number>;
}

export interface SplitOptions {
  /** Training rows were asked, and their labels known, before this moment less the embargo. */
  readonly trainUntil: number;
  /** The end of validation; default: there is none, and testing begins at `trainUntil`. */
  readonly validateUntil?: number;
  /** The end of testing; default: the last row. */
  readonly testUntil?: number;
  /** A gap before each boundary, µs, for what leaks slowly (overlapping windows, repeated rows). Default 0. */
  readonly embargo?: number;
}

/** Why rows are in no part. A row counts for the first reason that applies. */
export interface Dropped {
  /** The label is not known at all. */
  readonly unlabelled: number;
  /** Asked in training or validation time, but the outcome was known only at or after the boundary. */
  readonly labelTooLate: number;
  /** Inside the embargo before a boundary. */
  readonly embargoed: number;
  /** At or after the end of testing, or without a moment. */
  readonly outside: number;
}

/** Positions of rows, ascending. */
export interface TimeSplit {
  readonly train: Int32Array;
  readonly validate: Int32Array;
  readonly test: Int32Array;
  readonly dropped: Dropped;
}

/**
 * Splits rows forward in time. A model that stands at a boundary can only have learned from rows whose
 * label was known by then, so a row asked before the boundary whose outcome came after it is in no part:
 * with it, training would see what serving never does (López de Prado 2018, ch. 7, "purging" and "embargo").
 *
 * Train: asOf < trainUntil − embargo and labelKnown < trainUntil − embargo. Validation: trainUntil ≤ asOf <
 * validateUntil − embargo with labelKnown likewise. Test: from there to testUntil; its labels may come at
 * any time. Refuses boundaries out of order (`invalid_input`); empty parts are allowed and visible.
 */
export function splitByTime(times: SplitTimes, options: SplitOptions): TimeSplit {
  const {
    trainUntil,
    validateUntil = trainUntil,
    testUntil = Number.POSITIVE_INFINITY,
    embargo = 0,
  } = options;
  checkBoundaries(times, trainUntil, validateUntil, testUntil, embargo);
  const parts = { train: [] as number[], validate: [] as number[], test: [] as number[] };
  const dropped = { unlabelled: 0, labelTooLate: 0, embargoed: 0, outside: 0 };
  for (let row = 0; row < times.asOf.length; row++) {
    const at = times.asOf[row] as number;
    const known = times.labelKnown[row] as number;
    if (!(at < testUntil)) dropped.outside++;
    else if (Number.isNaN(known)) dropped.unlabelled++;
    else if (at >= validateUntil) parts.test.push(row);
    else {
      const part = at < trainUntil ? "train" : "validate";
      const boundary = part === "train" ? trainUntil : validateUntil;
      if (known >= boundary) dropped.labelTooLate++;
      else if (at >= boundary - embargo || known >= boundary - embargo) dropped.embargoed++;
      else parts[part].push(row);
    }
  }
  return {
    train: Int32Array.from(parts.train),
    validate: Int32Array.from(parts.validate),
    test: Int32Array.from(parts.test),
    dropped,
  };
}

function checkBoundaries(
  { asOf, labelKnown }: SplitTimes,
  trainUntil: number,
  validateUntil: number,
  testUntil: number,
  embargo: number,
): void {
  if (asOf.length !== labelKnown.length) {
    throw new PawlError("invalid_input", "Every row needs both times.", {
      found: `${asOf.length} moments and ${labelKnown.length} times of labels`,
      expected: "as many of one as of the other",
    });
  }
  if (!Number.isFinite(trainUntil) || !(trainUntil <= validateUntil) || !(validateUntil <= testUntil)) {
    throw new PawlError("invalid_input", "The boundaries of a split must go forward in time.", {
      found: `train until ${trainUntil}, validate until ${validateUntil}, test until ${testUntil}`,
      expected: "trainUntil ≤ validateUntil ≤ testUntil, in microseconds",
    });
  }
  if (!(embargo >= 0 && embargo < Number.POSITIVE_INFINITY)) {
    throw new PawlError("invalid_input", "An embargo is a length of time from 0.", {
      found: String(embargo),
      expected: "microseconds",
    });
  }
}
