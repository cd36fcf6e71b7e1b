import type { FeatureGroup, InstantInput, Scalar, Value } from "@pawl/core";

export interface ExplainRequest {
  readonly group: FeatureGroup;
  readonly feature: string;
  /** Value of the group's key, one for each of `group.by`. */
  readonly key: readonly (Scalar | null)[];
  readonly asOf: InstantInput;
  /** Facts listed per outcome, newest first. Default 50, at most 1,000. Counts take all. */
  readonly limit?: number;
}

/** Why a fact of this key did not count. The first that applies, in this order. */
export type Refusal =
  /** eventTime or knownTime is null. */
  | "withoutTime"
  /** knownTime ≥ asOf: the future. */
  | "notYetKnown"
  /** eventTime before the window. */
  | "tooOld"
  /** eventTime at or after the end of a lagged or past-only window. */
  | "tooRecent"
  /** where() is false or null. */
  | "filtered"
  /** The value is null, and this aggregate leaves nulls out. */
  | "nullValue";

export interface ExplainedFact {
  readonly eventTime: number | null;
  readonly knownTime: number | null;
  /** The aggregate's argument on this fact; absent for a plain count. */
  readonly value?: Scalar | null;
  /** The source's columns. */
  readonly fact: Readonly<Record<string, Scalar | null>>;
}

/** One aggregate inside the feature: a feature may combine several. */
export interface ExplainedAggregate {
  /** Such as `mean(delay) over 3h`. */
  readonly says: string;
  readonly value: Value;
  readonly used: { readonly count: number; readonly facts: readonly ExplainedFact[] };
  readonly refused: readonly {
    readonly why: Refusal;
    readonly count: number;
    readonly facts: readonly ExplainedFact[];
  }[];
}

export interface Explanation {
  readonly feature: string;
  readonly asOf: number;
  readonly value: Value;
  readonly aggregates: readonly ExplainedAggregate[];
}
