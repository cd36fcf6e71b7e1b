export interface ReportRequest {
  /** Rows read for correlations and suspicions; counts always take all. Default 200,000. */
  readonly sampleRows?: number;
}

export interface ColumnReport {
  readonly name: string;
  readonly kind: string;
  readonly role: string;
  /** Share of nulls, 0 to 1, and by period (see `periods`). */
  readonly missing: number;
  readonly missingByPeriod: readonly (number | null)[];
  /** Different values, null left out. */
  readonly cardinality: number;
  /** Of numbers; null otherwise. */
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly std: number | null;
  /** Most frequent values of text, bools and bigints, at most 10. */
  readonly top: readonly { readonly value: string; readonly count: number }[];
  /** How strongly the column goes with the label, 0 to 1, and by which measure; null when it cannot be said. */
  readonly withLabel: {
    readonly measure: "pearson" | "cramersV" | "correlationRatio";
    readonly value: number;
  } | null;
  /** Area under the ROC curve of this column alone (bool label), at least 0.5. */
  readonly auc: number | null;
}

export type SuspicionKind =
  | "predictsAlone"
  | "missingnessPredicts"
  | "followsTime"
  | "identifier"
  | "constant"
  | "alwaysMissing";

export interface Suspicion {
  readonly column: string;
  readonly kind: SuspicionKind;
  /** The number that raised it. */
  readonly value: number;
  /** What it may mean and what to do, in a sentence or two. */
  readonly says: string;
}

/** A stretch of time with its rows and labels. */
export interface PeriodReport {
  readonly start: string;
  readonly rows: number;
  readonly labelled: number;
  /** Mean of the label (share of true for bools); null without labels, or for text. */
  readonly labelMean: number | null;
}

/** What to know of a dataset before training. A plain document. */
export interface DataReport {
  readonly rows: number;
  /** Rows that correlations and suspicions were computed from. */
  readonly sampledRows: number;
  readonly columns: readonly ColumnReport[];
  readonly label: {
    readonly name: string;
    readonly kind: string;
    readonly missing: number;
    readonly balance: readonly { readonly value: string; readonly count: number; readonly share: number }[];
  } | null;
  /** Length of one period. */
  readonly period: "day" | "week" | "month";
  readonly periods: readonly PeriodReport[];
  /** Pairs of numeric columns with |r| > 0.95. */
  readonly correlatedPairs: readonly { readonly a: string; readonly b: string; readonly r: number }[];
  readonly suspicions: readonly Suspicion[];
  /** Rows equal to an earlier one in every spine and feature column. */
  readonly duplicateRows: number;
}
