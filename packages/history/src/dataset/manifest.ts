import type { FeatureGroup, Kind, Model, View } from "@pawl/core";
import type { AsOf, Spine } from "../spine/spine.ts";

export type ColumnRole = "spine" | "asOf" | "label" | "labelKnown" | "feature";

export interface DatasetColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly role: ColumnRole;
}

/** A model's training set: its spine, asOf, label, filter and view. */
export interface ModelDataset {
  readonly model: Model;
  /** The part of the model's spine to take. Default: all of it. */
  readonly from?: string | number;
  readonly until?: string | number;
  readonly sample?: { readonly rows: number; readonly seed: number };
}

/** A view over any spine, with or without a label column that the spine holds. */
export interface ViewDataset {
  readonly view: View;
  readonly spine: Spine;
  readonly asOf: AsOf;
  /** A column of the spine that holds the outcome, and one that says when it was known (default: asOf). */
  readonly label?: { readonly column: string; readonly known?: string };
}

export type FreezeRequest = (ModelDataset | ViewDataset) & {
  /** All groups of the catalogue, for references by name. Default: those the view lists. */
  readonly groups?: ReadonlyMap<string, FeatureGroup>;
  /** Folder to write into; made when missing. Must lie in the project or an allowed folder. */
  readonly directory: string;
  /** See FillRequest. The manifest says so. */
  readonly ignoreKnownTime?: boolean;
  /** See FillRequest. */
  readonly predictions?: ReadonlyMap<string, Float64Array>;
};

/** What a frozen dataset is. Everything but `file` is the same on every machine and in every version. */
export interface DatasetManifest {
  /**
   * SHA-256 of the logical content: column names, kinds and roles, then the values in row order.
   * Independent of DuckDB's version, the file's layout and the number of threads.
   */
  readonly hash: string;
  readonly rows: number;
  readonly columns: readonly DatasetColumn[];
  /** First and last asOf, µs; null for an empty dataset. */
  readonly timeRange: { readonly first: number; readonly last: number } | null;
  /** Rows whose label is null: not yet known, or never. */
  readonly rowsWithoutLabel: number | null;
  /** Hash of the view's meaning. */
  readonly viewHash: string;
  /** How the spine came about, in data. */
  readonly spine: Readonly<Record<string, unknown>>;
  readonly ignoreKnownTime: boolean;
  /** What a person should know: an empty spine, a label that is always null. */
  readonly warnings: readonly string[];
  readonly file: { readonly path: string; readonly sha256: string; readonly bytes: number };
}
