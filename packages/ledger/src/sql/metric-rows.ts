import { PawlError } from "@pawl/core";
import { checkName, checkText, checkWhole } from "../checks.ts";
import type { Metric } from "../metrics.ts";
import type { Json } from "../words.ts";
import type { Sql, SqlValue } from "./database.ts";

/** The columns both metric tables share. A NaN is `nan = 1`; see each table for its `value`. */
export interface MetricRow {
  readonly key: string;
  readonly step: number;
  readonly at: number;
  readonly value: number | null;
  readonly nan: number;
  readonly model_id?: string | null;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

export function metricOf(row: MetricRow): Metric {
  return {
    key: row.key,
    value: row.nan === 1 ? Number.NaN : (row.value ?? Number.NaN),
    at: row.at,
    step: row.step,
    ...(typeof row.model_id === "string" && { modelId: row.model_id }),
    ...(row.dataset_name !== null && { datasetName: row.dataset_name }),
    ...(row.dataset_digest !== null && { datasetDigest: row.dataset_digest }),
  };
}

/** A metric in an entry's payload: a short list, for a batch holds up to thousands. */
export type MetricPayload = readonly Json[];

export function metricPayload(metric: Metric): MetricPayload {
  const { key, value, at, step, modelId, datasetName, datasetDigest } = metric;
  const short = [key, Number.isFinite(value) ? value : String(value), at, step];
  if (modelId === undefined && datasetName === undefined && datasetDigest === undefined) return short;
  return [...short, modelId ?? null, datasetName ?? null, datasetDigest ?? null];
}

export function metricFromPayload(payload: MetricPayload): Metric {
  const [key, value, at, step, modelId, datasetName, datasetDigest] = payload;
  return {
    key: String(key),
    value: Number(value),
    at: Number(at),
    step: Number(step),
    ...(typeof modelId === "string" && { modelId }),
    ...(typeof datasetName === "string" && { datasetName }),
    ...(typeof datasetDigest === "string" && { datasetDigest }),
  };
}

export function checkMetric(metric: Metric): void {
  checkName("metric key", metric.key);
  checkWhole(`time of metric ${metric.key}`, metric.at, Number.MIN_SAFE_INTEGER);
  checkWhole(`step of metric ${metric.key}`, metric.step, Number.MIN_SAFE_INTEGER);
  if (typeof metric.value !== "number") {
    throw new PawlError("invalid_input", `The value of metric ${metric.key} is not a number.`, {
      found: JSON.stringify(metric.value) ?? "nothing",
      expected: "a number; NaN and infinities are allowed",
      next: "Convert it, or log it as a param or tag.",
    });
  }
  if (metric.datasetName !== undefined) checkText("dataset name", metric.datasetName, 500);
  if (metric.datasetDigest !== undefined) checkText("dataset digest", metric.datasetDigest, 64);
}

/** (step, time, value) with NaN below every number: the greatest is the latest. */
function isLater(a: Metric, b: Metric): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.at !== b.at) return a.at > b.at;
  return Number.isNaN(b.value) ? !Number.isNaN(a.value) : a.value > b.value;
}

/** The latest of each group, so that a batch touches each row of the latest values once. */
function latestBy(metrics: readonly Metric[], groupOf: (metric: Metric) => string): readonly Metric[] {
  const latest = new Map<string, Metric>();
  for (const metric of metrics) {
    const group = groupOf(metric);
    const before = latest.get(group);
    if (before === undefined || isLater(metric, before)) latest.set(group, metric);
  }
  return [...latest.values()];
}

const later = (table: string): string =>
  `(excluded.step, excluded.at, 1 - excluded.nan, COALESCE(excluded.value, 0))
   > (${table}.step, ${table}.at, 1 - ${table}.nan, COALESCE(${table}.value, 0))`;

/** Adds a batch to a run's history and to the latest values of the run and of the models it names. */
export async function insertMetrics(sql: Sql, run: number, metrics: readonly Metric[]): Promise<void> {
  const nanOf = ({ value }: Metric): number => (Number.isNaN(value) ? 1 : 0);
  const use = ({ modelId, datasetName, datasetDigest }: Metric): SqlValue[] => [
    modelId ?? null,
    datasetName ?? null,
    datasetDigest ?? null,
  ];
  await sql.each(
    "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    metrics.map((metric) => {
      const nan = nanOf(metric);
      // 0 in place of NaN, so that the same NaN twice is the same row; + 0 turns -0 into 0.
      return [run, metric.key, metric.step, metric.at, nan ? 0 : metric.value + 0, nan, ...use(metric)];
    }),
  );
  await sql.each(
    `INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, key) DO UPDATE SET
     step = excluded.step, at = excluded.at, value = excluded.value, nan = excluded.nan,
     model_id = excluded.model_id, dataset_name = excluded.dataset_name,
     dataset_digest = excluded.dataset_digest WHERE ${later("latest_metrics")}`,
    latestBy(metrics, ({ key }) => key).map((metric) => {
      const nan = nanOf(metric);
      // NULL in place of NaN, so that it satisfies no comparison and is ordered last.
      return [run, metric.key, metric.step, metric.at, nan ? null : metric.value + 0, nan, ...use(metric)];
    }),
  );
  const ofModels = metrics.filter(({ modelId }) => modelId !== undefined);
  if (ofModels.length === 0) return;
  const group = (one: Metric): string =>
    JSON.stringify([one.modelId, one.key, one.datasetName ?? "", one.datasetDigest ?? ""]);
  await sql.each(
    `INSERT INTO logged_model_metrics SELECT seq, ?, ?, ?, ?, ?, ?, ?, ? FROM logged_models WHERE id = ?
     ON CONFLICT (model, key, dataset_name, dataset_digest) DO UPDATE SET run = excluded.run,
     step = excluded.step, at = excluded.at, value = excluded.value, nan = excluded.nan
     WHERE ${later("logged_model_metrics")}`,
    latestBy(ofModels, group).map((metric) => {
      const nan = nanOf(metric);
      const { key, step, at, value, modelId = null, datasetName = "", datasetDigest = "" } = metric;
      return [key, datasetName, datasetDigest, run, step, at, nan ? null : value + 0, nan, modelId];
    }),
  );
}
