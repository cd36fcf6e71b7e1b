import type { Metric } from "../metrics.ts";
import type { Run, RunDataset, RunModel, RunStatus } from "../runs.ts";
import type { JsonObject, Tags } from "../words.ts";
import { allOf } from "./conditions.ts";
import type { Sql } from "./database.ts";
import { type MetricRow, metricOf } from "./metric-rows.ts";
import { notFound } from "./not-found.ts";
import { wordsOf } from "./owned-words.ts";
import type { Searchable } from "./search.ts";

export interface RunRow {
  readonly seq: number;
  readonly id: string;
  readonly experiment_id: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly user_name: string;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly removed_at: number | null;
  readonly environment: string;
  readonly seed: number | null;
  readonly code_version: string | null;
  readonly dataset_hash: string | null;
  readonly parent_id: string | null;
}

export const searchableRuns: Searchable = {
  noun: "run",
  from: "runs t",
  owner: "t.seq",
  attributes: {
    id: { column: "t.id", type: "text" },
    name: { column: "t.name", type: "text" },
    status: { column: "t.status", type: "text" },
    user: { column: "t.user_name", type: "text" },
    experiment_id: { column: "t.experiment_id", type: "text" },
    started_at: { column: "t.started_at", type: "number" },
    ended_at: { column: "t.ended_at", type: "number" },
    dataset_hash: { column: "t.dataset_hash", type: "text" },
    code_version: { column: "t.code_version", type: "text" },
    parent_id: { column: "t.parent_id", type: "text" },
  },
  keyed: {
    metric: { table: "latest_metrics", owner: "run", type: "number" },
    param: { table: "run_params", owner: "owner", type: "text" },
    tag: { table: "run_tags", owner: "owner", type: "text" },
  },
  many: {
    of: "dataset",
    table: "run_datasets",
    owner: "run",
    columns: { name: "name", digest: "digest", hash: "hash", context: "context" },
  },
  natural: [{ column: "t.started_at", descending: true }, { column: "t.id" }],
  usualLimit: 1_000,
  mostLimit: 50_000,
};

export interface RunDatasetRow {
  readonly name: string;
  readonly digest: string;
  readonly hash: string | null;
  readonly source_type: string | null;
  readonly source: string | null;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: string;
}

export function runDatasetOf(row: RunDatasetRow): RunDataset {
  return {
    name: row.name,
    digest: row.digest,
    ...(row.hash !== null && { hash: row.hash }),
    ...(row.source_type !== null && { sourceType: row.source_type }),
    ...(row.source !== null && { source: row.source }),
    ...(row.schema !== null && { schema: row.schema }),
    ...(row.profile !== null && { profile: row.profile }),
    tags: JSON.parse(row.tags) as Tags,
  };
}

interface RunModelRow {
  readonly direction: string;
  readonly model_id: string;
  readonly step: number | null;
}

/** Rows of many runs, gathered per run. */
async function gathered<Row extends { readonly run: number }, T>(
  sql: Sql,
  text: string,
  runs: readonly number[],
  convert: (row: Row) => T,
): Promise<(run: number) => readonly T[]> {
  const byRun = new Map<number, T[]>();
  for (const row of await allOf<Row>(sql, text, runs)) {
    const list = byRun.get(row.run);
    if (list === undefined) byRun.set(row.run, [convert(row)]);
    else list.push(convert(row));
  }
  return (run) => byRun.get(run) ?? [];
}

/** Rows of runs with everything that belongs to them. */
export async function runsOf(sql: Sql, rows: readonly RunRow[]): Promise<readonly Run[]> {
  const keys = rows.map(({ seq }) => seq);
  const params = await wordsOf(sql, "run_params", keys);
  const tags = await wordsOf(sql, "run_tags", keys);
  const metrics = await gathered<MetricRow & { run: number }, Metric>(
    sql,
    "SELECT * FROM latest_metrics WHERE run IN (@keys) ORDER BY run, key",
    keys,
    metricOf,
  );
  const datasets = await gathered<RunDatasetRow & { run: number }, RunDataset>(
    sql,
    "SELECT * FROM run_datasets WHERE run IN (@keys) ORDER BY run, name, digest",
    keys,
    runDatasetOf,
  );
  const models = await gathered<RunModelRow & { run: number }, RunModelRow>(
    sql,
    "SELECT * FROM run_models WHERE run IN (@keys) ORDER BY run, direction, model_id",
    keys,
    (row) => row,
  );
  const modelsOf = (run: number, wanted: string): readonly RunModel[] =>
    models(run)
      .filter(({ direction }) => direction === wanted)
      .map(({ model_id, step }) => ({ modelId: model_id, ...(step !== null && { step }) }));
  return rows.map((row) => ({
    id: row.id,
    experimentId: row.experiment_id,
    name: row.name,
    status: row.status,
    user: row.user_name,
    startedAt: row.started_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    ...(row.removed_at !== null && { removedAt: row.removed_at }),
    environment: JSON.parse(row.environment) as JsonObject,
    ...(row.seed !== null && { seed: row.seed }),
    ...(row.code_version !== null && { codeVersion: row.code_version }),
    ...(row.dataset_hash !== null && { datasetHash: row.dataset_hash }),
    ...(row.parent_id !== null && { parentId: row.parent_id }),
    params: params(row.seq),
    tags: tags(row.seq),
    metrics: metrics(row.seq),
    inputs: { datasets: datasets(row.seq), models: modelsOf(row.seq, "input") },
    outputs: modelsOf(row.seq, "output"),
  }));
}

export async function findRun(sql: Sql, id: string): Promise<Run | undefined> {
  const [run] = await runsOf(sql, await sql.all<RunRow>("SELECT * FROM runs WHERE id = ?", [id]));
  return run;
}

/** The bare row, live or removed; `not_found` otherwise. */
export async function mustFindRun(sql: Sql, id: string): Promise<RunRow> {
  return (await sql.one<RunRow>("SELECT * FROM runs WHERE id = ?", [id])) ?? notFound("run", id);
}
