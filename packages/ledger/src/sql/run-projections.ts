import { canonicalJson } from "../canonical-json.ts";
import type { NewRun, RunDataset, RunModel, RunStatus } from "../runs.ts";
import type { Sql } from "./database.ts";
import { addEdge } from "./edges.ts";
import { insertMetrics, type MetricPayload, metricFromPayload } from "./metric-rows.ts";
import { setWords } from "./owned-words.ts";
import { type Projections, projecting } from "./projection.ts";

/** A run as its first entry has it: everything decided. */
export type StartedRun = NewRun &
  Required<Pick<NewRun, "id" | "name" | "status" | "startedAt" | "user" | "environment">>;

export interface RunLogPayload {
  readonly id: string;
  readonly metrics?: readonly MetricPayload[];
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string | null>>;
}

export interface RunChangedPayload {
  readonly id: string;
  readonly name?: string;
  readonly status?: RunStatus;
  /** Null when the run goes on after an end. */
  readonly endedAt?: number | null;
}

export interface RunLinksPayload {
  readonly id: string;
  readonly datasets?: readonly RunDataset[];
  readonly inputs?: readonly RunModel[];
  readonly outputs?: readonly RunModel[];
}

async function seqOf(sql: Sql, id: string): Promise<number> {
  const row = await sql.one<{ seq: number }>("SELECT seq FROM runs WHERE id = ?", [id]);
  return row?.seq ?? 0;
}

async function addModels(
  sql: Sql,
  { run, entry, id }: { readonly run: number; readonly entry: number; readonly id: string },
  direction: "input" | "output",
  models: readonly RunModel[],
): Promise<void> {
  for (const { modelId, step } of models) {
    await sql.run(
      `INSERT INTO run_models VALUES (?, ?, ?, ?)
       ON CONFLICT (run, direction, model_id) DO UPDATE SET step = excluded.step`,
      [run, direction, modelId, step ?? null],
    );
    const node = { kind: "run", id };
    const model = { kind: "logged-model", id: modelId };
    await addEdge(
      sql,
      entry,
      direction === "input"
        ? { from: model, to: node, relation: "feeds" }
        : { from: node, to: model, relation: "yields" },
    );
  }
}

const changed = projecting<RunChangedPayload>(async (sql, { id, name, status, endedAt }) => {
  if (name !== undefined) await sql.run("UPDATE runs SET name = ? WHERE id = ?", [name, id]);
  if (status !== undefined) await sql.run("UPDATE runs SET status = ? WHERE id = ?", [status, id]);
  if (endedAt !== undefined) await sql.run("UPDATE runs SET ended_at = ? WHERE id = ?", [endedAt, id]);
});

/** What an entry that changes a run is called: after its new status if it has one. */
export function runChangeKind({ status }: RunChangedPayload): string {
  if (status === undefined) return "run.changed";
  return status === "running" ? "run.resumed" : `run.${status}`;
}

export const runProjections: Projections = {
  "run.started": projecting<StartedRun>(async (sql, run, { id: seq }) => {
    await sql.run("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?, ?, ?, ?)", [
      seq,
      run.id,
      run.experimentId,
      run.name,
      run.status,
      run.user,
      run.startedAt,
      canonicalJson(run.environment),
      run.seed ?? null,
      run.codeVersion ?? null,
      run.datasetHash ?? null,
      run.parentId ?? null,
    ]);
    await setWords(sql, "run_params", seq, run.params);
    await setWords(sql, "run_tags", seq, run.tags);
    if (run.datasetHash !== undefined) {
      const from = { kind: "dataset", id: run.datasetHash };
      await addEdge(sql, seq, { from, to: { kind: "run", id: run.id }, relation: "trains" });
    }
  }),
  "run.changed": changed,
  "run.resumed": changed,
  "run.finished": changed,
  "run.failed": changed,
  "run.killed": changed,
  "run.logged": projecting<RunLogPayload>(async (sql, { id, metrics, params, tags }) => {
    const run = await seqOf(sql, id);
    if (metrics !== undefined) await insertMetrics(sql, run, metrics.map(metricFromPayload));
    await setWords(sql, "run_params", run, params);
    await setWords(sql, "run_tags", run, tags);
  }),
  "run.linked": projecting<RunLinksPayload>(async (sql, payload, { id: entry }) => {
    const { id, datasets = [], inputs = [], outputs = [] } = payload;
    const run = await seqOf(sql, id);
    for (const dataset of datasets) {
      const { name, digest, hash, sourceType, source, schema, profile, tags = {} } = dataset;
      await sql.run(
        `INSERT INTO run_datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, name, digest)
         DO UPDATE SET hash = excluded.hash, source_type = excluded.source_type, source = excluded.source,
         schema = excluded.schema, profile = excluded.profile, context = excluded.context, tags = excluded.tags`,
        [
          run,
          name,
          digest,
          hash ?? null,
          sourceType ?? null,
          source ?? null,
          schema ?? null,
          profile ?? null,
          tags["mlflow.data.context"] ?? tags["context"] ?? null,
          canonicalJson(tags),
        ],
      );
      if (hash !== undefined) {
        await addEdge(sql, entry, {
          from: { kind: "dataset", id: hash },
          to: { kind: "run", id },
          relation: "trains",
        });
      }
    }
    await addModels(sql, { run, entry, id }, "input", inputs);
    await addModels(sql, { run, entry, id }, "output", outputs);
  }),
  "run.removed": projecting<{ id: string }>(async (sql, { id }, { at }) => {
    await sql.run("UPDATE runs SET removed_at = ? WHERE id = ?", [at, id]);
  }),
  "run.restored": projecting<{ id: string }>(async (sql, { id }) => {
    await sql.run("UPDATE runs SET removed_at = NULL, removed_with = NULL WHERE id = ?", [id]);
  }),
};
