import type { Frame } from "@pawl/core";

export interface FrameRequest {
  /** Feature columns to read, in this order. Default: every column of role "feature". */
  readonly columns?: readonly string[];
  /** Rows to read, ascending positions; default all. */
  readonly rows?: Int32Array;
  /** Drop rows without a label. Default true when there is a label. */
  readonly labelledOnly?: boolean;
  /**
   * Categories by column, in this order, as a trained model knows them: other values become missing (−1).
   * Default: the values found, sorted by code point.
   */
  readonly categories?: Readonly<Record<string, readonly string[]>>;
  /** Class names of a text label, in order. Default: the values found, sorted. */
  readonly classes?: readonly string[];
  /** What to do with timestamp columns. Default "exclude": a moment says which row it is, not what kind. */
  readonly timestamps?: "exclude" | "numeric";
}

/** A dataset as learners read it. Arrays stand on SharedArrayBuffers. */
export interface DatasetFrame {
  readonly frame: Frame;
  /** 0/1 for a bool label, class index for text, the number itself; NaN where null. Empty without a label. */
  readonly target: Float64Array;
  /** Class names of a text label. */
  readonly classes?: readonly string[];
  /** Each row's asOf and when its label became known, µs (NaN: not known). */
  readonly times: Float64Array;
  readonly labelKnown: Float64Array;
  /** The positions in the dataset the rows came from. */
  readonly rows: Int32Array;
  /** Columns left out, and why. */
  readonly excluded: readonly { readonly name: string; readonly why: string }[];
}
