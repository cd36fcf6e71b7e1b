import type { Frame } from "./frame.ts";
import type { ModelDocument } from "./model-document.ts";
import type { Task } from "./task.ts";

/**
 * A column as the model knows it. The categories are those of training and define the codes; at
 * prediction other categories are missing.
 */
export type ModelColumn =
  | { readonly name: string; readonly kind: "numeric" }
  | { readonly name: string; readonly kind: "categorical"; readonly categories: readonly string[] };

/**
 * From margin to prediction: `identity`, `logit` (1 / (1 + e^−m)), `softmax`, or `isolation`
 * (2^−m, where m is the mean path length over its expectation).
 */
export type Link = "identity" | "logit" | "softmax" | "isolation";

/**
 * Why one row got its margin: for every output o,
 * `bias[o] + Σ_c contributions[c · outputs + o]` is the margin.
 */
export interface Explanation {
  readonly bias: Float64Array;
  /** Columns × outputs, in the model's column order, in units of the margin. */
  readonly contributions: Float64Array;
  readonly margin: Float64Array;
}

/** How much the model leans on a column. Shares of `gain` add up to 1 unless no column is used. */
export interface Importance {
  readonly column: string;
  /** Trees: share of the summed split gain. Linear: share of the mean |contribution| in training. */
  readonly gain: number;
  /** Trees: number of splits. Linear: number of non-zero coefficients. */
  readonly splits: number;
}

/** One cell of a row given by name: a number, a category, or nothing. */
export type CellValue = number | string | boolean | null | undefined;

/**
 * A trained model. It is a function of its numeric inputs **rounded to float32** (`Math.fround`),
 * so that an ONNX runtime fed the same row takes the same path; a value beyond the float32 range is
 * an infinity, which trees place at the far end and linear models clip to the largest float32.
 */
export interface TrainedModel {
  readonly estimator: string;
  readonly task: Task;
  readonly columns: readonly ModelColumn[];
  /** Predictions per row: 1, or one probability per class. */
  readonly outputs: number;
  readonly link: Link;
  /** The model as plain data; equal models have equal documents. */
  document(): ModelDocument;
  /** The document as deterministic bytes; `loadModel` reads them back. */
  bytes(): Uint8Array;
  /** SHA-256 of `bytes()`, hexadecimal: the model hash of law 6. */
  hash(): string;
  /** Rows × outputs. Columns are found by name and may stand in any order; extra ones are ignored. */
  predict(frame: Frame): Float64Array;
  /** As `predict`, before the link. */
  margins(frame: Frame): Float64Array;
  /** A row by column name as the flat row `scoreRow` and `explain` take. Absent names are missing. */
  encodeRow(record: Readonly<Record<string, CellValue>>): Float64Array;
  /** Row `row` of a frame, encoded likewise. */
  rowOf(frame: Frame, row: number): Float64Array;
  /**
   * The fast path: one encoded row (numbers, category codes of the model, `NaN` missing) in, the
   * predictions written to `out` (length `outputs`). Allocates nothing. Not re-entrant.
   */
  scoreRow(row: Float64Array, out: Float64Array): void;
  /** Exact per-column contributions of one encoded row. */
  explain(row: Float64Array): Explanation;
  importance(): readonly Importance[];
  /**
   * The same function as an ONNX model: input `features` float32 [rows, columns] (category codes as
   * numbers, NaN missing), outputs `prediction` and `margin` float32 [rows, outputs].
   */
  toOnnx(): Uint8Array;
}
