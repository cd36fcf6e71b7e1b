import type { ErrorDocument, Instant, ScalarKind } from "@pawl/core";

/** A declared column beside what the file holds. */
export interface InspectedColumn {
  readonly name: string;
  readonly declared: ScalarKind;
  /** The column in the file, when it is there. */
  readonly physicalName?: string;
  /** DuckDB's name of its type, such as BIGINT or TIMESTAMP WITH TIME ZONE. */
  readonly physicalType?: string;
}

/** A look at a source's data before anything is computed from it. */
export interface SourceInspection {
  readonly source: string;
  readonly columns: readonly InspectedColumn[];
  /** Columns in the files that the source does not declare. */
  readonly undeclared: readonly string[];
  readonly rows: number;
  readonly firstEventTime: Instant | null;
  readonly lastEventTime: Instant | null;
  /** Facts without an eventTime or knownTime: they are never seen. */
  readonly withoutTime: number;
  /** Share of facts learned after they happened, 0 to 1, and the median delay of those in microseconds. */
  readonly lateShare: number;
  readonly medianDelay: number | null;
  /** Share of facts whose knownTime lies before their eventTime: plans and forecasts. */
  readonly plannedShare: number;
  /** Nulls in the key and entity columns. */
  readonly nullKeys: Readonly<Record<string, number>>;
  /** Rows beyond the first with the same declared key; null without a key. */
  readonly duplicateKeys: number | null;
  /** What stops this source from being read; the counts above are 0 or null then. */
  readonly problems: readonly ErrorDocument["error"][];
  /** What a person should know, but does not stop anything. */
  readonly remarks: readonly string[];
}
