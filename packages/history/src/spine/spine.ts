import type { ExprNode, InstantInput, Location, ScalarKind, Source } from "@pawl/core";

/** A column of the spine that holds each row's moment, or one moment for every row. */
export type AsOf = string | { readonly at: InstantInput };

export type SpineKinds = Readonly<Record<string, ScalarKind>>;

/** Rows given in memory. A missing property is null; a bigint may be given as a whole number. */
export interface RowsSpine {
  readonly kind: "rows";
  readonly columns: SpineKinds;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** One row for each fact of a source, in the order of its files. */
export interface SourceSpine {
  readonly kind: "source";
  readonly source: Source;
  /** Only facts for which this is true; an expression over the columns of the fact. */
  readonly where?: ExprNode;
  /** Only rows whose asOf is in [from, until). */
  readonly from?: InstantInput;
  readonly until?: InstantInput;
  readonly sample?: Sample;
}

/** One row for each row of a file, whose columns are declared. */
export interface FileSpine {
  readonly kind: "file";
  readonly location: Location;
  readonly columns: SpineKinds;
  readonly from?: InstantInput;
  readonly until?: InstantInput;
  readonly sample?: Sample;
}

/** The rows whose seeded hash of the position is smallest: the same rows every time, in spine order. */
export interface Sample {
  readonly rows: number;
  readonly seed: number;
}

/** The rows to be filled. */
export type Spine = RowsSpine | SourceSpine | FileSpine;
