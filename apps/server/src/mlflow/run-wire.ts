import { PawlError } from "@pawl/core";
import type { Run, RunDataset, RunModel, RunStatus } from "@pawl/ledger";
import type { Desk } from "./desk.ts";
import { listed, metricOf, millisOf } from "./wire-values.ts";

/** The tag that is the run's name; the ledger keeps it once, as the name. */
export const nameTag = "mlflow.runName";

export const statusWords = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;

/** "FINISHED" as the ledger says it. */
export const statusOf = (word: (typeof statusWords)[number]): RunStatus => word.toLowerCase() as RunStatus;

export async function runInfo(run: Run, desk: Desk) {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: run.experimentId,
    user_id: run.user,
    status: run.status.toUpperCase(),
    start_time: millisOf(run.startedAt),
    ...(run.endedAt !== undefined && { end_time: millisOf(run.endedAt) }),
    artifact_uri: await desk.roots.ofRun(run),
    lifecycle_stage: run.removedAt === undefined ? "active" : "deleted",
  };
}

export async function runOf(run: Run, desk: Desk) {
  const { datasets, models } = run.inputs;
  return {
    info: await runInfo(run, desk),
    data: {
      metrics: run.metrics.map(metricOf),
      params: listed(run.params),
      tags: listed({ ...run.tags, [nameTag]: run.name }),
    },
    inputs: {
      ...(datasets.length > 0 && { dataset_inputs: datasets.map(datasetInput) }),
      ...(models.length > 0 && { model_inputs: models.map(({ modelId }) => ({ model_id: modelId })) }),
    },
    outputs: run.outputs.length > 0 ? { model_outputs: run.outputs.map(modelOutput) } : {},
  };
}

const modelOutput = ({ modelId, step = 0 }: RunModel) => ({ model_id: modelId, step });

const datasetInput = ({ name, digest, sourceType, source, schema, profile, tags = {} }: RunDataset) => ({
  tags: listed(tags),
  dataset: {
    name,
    digest,
    source_type: sourceType ?? "",
    source: source ?? "",
    ...(schema !== undefined && { schema }),
    ...(profile !== undefined && { profile }),
  },
});

export async function mustFindRun(desk: Desk, id: string): Promise<Run> {
  const run = await desk.ledger.runs.get(id);
  if (run !== undefined) return run;
  throw new PawlError("not_found", `Run with id=${id} not found.`);
}

const longestParam = 6_000;
const longestTag = 8_000;

/** Cuts a text without leaving half of a character at its end. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return text.slice(0, end);
}

function cutAll(words: Readonly<Record<string, string>>, most: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(words).map(([key, value]) => [key, cut(value, most)]));
}

/** MLflow's server cuts long values instead of refusing them, and clients count on that. */
export const cutParams = (params: Readonly<Record<string, string>>) => cutAll(params, longestParam);
export const cutTags = (tags: Readonly<Record<string, string>>) => cutAll(tags, longestTag);
