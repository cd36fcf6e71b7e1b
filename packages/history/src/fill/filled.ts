import type { Kind, Value, Work } from "@pawl/core";

export interface FilledColumn {
  readonly name: string;
  readonly kind: Kind;
}

/**
 * The values of one column in a batch. Numbers, moments and durations (µs) and bools (0, 1) are doubles
 * with NaN for null; text, bigints and lists are plain values with null.
 */
export type BatchColumn =
  | { readonly kind: "int" | "float" | "timestamp" | "duration" | "bool"; readonly values: Float64Array }
  | { readonly kind: Kind; readonly values: readonly Value[] };

export interface Batch {
  /** Position of the first row in the spine. */
  readonly start: number;
  readonly rows: number;
  /** One for each of `Filled.columns`. */
  readonly columns: readonly BatchColumn[];
}

/** The outputs of a plan for every row of a spine, in its order. */
export interface Filled {
  readonly rows: number;
  readonly columns: readonly FilledColumn[];
  batches(work?: Work): AsyncIterable<Batch>;
  /** Everything as row objects: for small results. */
  rowObjects(work?: Work): Promise<Record<string, Value>[]>;
  /** Writes the outputs (not the spine) as one Parquet file, whole or not at all. */
  writeParquet(path: string, work?: Work): Promise<{ readonly bytes: number }>;
  /** Frees what the result holds. */
  close(): Promise<void>;
}
