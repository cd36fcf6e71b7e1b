import type { Micros, Page, PageRequest } from "./words.ts";

/** One measurement. The value may be NaN or infinite. */
export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly at: Micros;
  /** A whole number, possibly negative; 0 when the measurement has no step. */
  readonly step: number;
  /** The logged model it was measured of. */
  readonly modelId?: string;
  /** The dataset it was measured on. */
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

export interface MetricHistoryQuery extends PageRequest {
  readonly key: string;
  /** Steps from here on. */
  readonly fromStep?: number;
  /** Steps below this one. */
  readonly untilStep?: number;
}

/** One metric of several runs, thinned evenly by step: enough to draw, never more than asked. */
export interface MetricCurves {
  readonly runIds: readonly string[];
  readonly key: string;
  readonly fromStep?: number;
  readonly untilStep?: number;
  /** At most this many points per run; first and last are always among them. */
  readonly points: number;
}

export interface MetricPoint extends Metric {
  readonly runId: string;
}

export interface MetricHistory {
  /** By step, then time, then value. Pages of 25,000 by default and at most. */
  history(runId: string, query: MetricHistoryQuery): Promise<Page<Metric>>;
  curves(query: MetricCurves): Promise<readonly MetricPoint[]>;
}
