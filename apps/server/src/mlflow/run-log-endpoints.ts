import { PawlError } from "@pawl/core";
import type { Metric, RunDataset } from "@pawl/ledger";
import { z } from "zod";
import type { Desk } from "./desk.ts";
import { endpoint } from "./endpoint.ts";
import { ofRun } from "./run-endpoints.ts";
import { cutParams, cutTags, mustFindRun, nameTag } from "./run-wire.ts";
import {
  double,
  listOf,
  moment,
  optionalInt64,
  optionalText,
  paramList,
  requiredText,
  tagList,
} from "./wire-values.ts";

const metricFields = {
  key: requiredText,
  value: double,
  timestamp: moment,
  step: optionalInt64,
  model_id: optionalText,
  dataset_name: optionalText,
  dataset_digest: optionalText,
};
const metricInput = z.object(metricFields);

function metric(given: z.output<typeof metricInput>): Metric {
  const { key, value, timestamp: at, step = 0, model_id, dataset_name, dataset_digest } = given;
  return {
    key,
    value,
    at,
    step,
    ...(model_id !== undefined && { modelId: model_id }),
    ...(dataset_name !== undefined && { datasetName: dataset_name }),
    ...(dataset_digest !== undefined && { datasetDigest: dataset_digest }),
  };
}

/** Most of each in one batch, and of all together. */
const limits = { metrics: 1_000, params: 100, tags: 100, together: 1_000, bytes: 1_000_000 };

function checkSize(what: string, found: number, most: number): void {
  if (found <= most) return;
  throw new PawlError("invalid_input", `A batch logging request can contain at most ${most} ${what}.`, {
    found: String(found),
    next: "Split it into several requests.",
  });
}

const batch = ofRun({ metrics: listOf(metricInput), params: paramList, tags: tagList });

async function logBatch(
  { run_id: id, metrics, params, tags }: z.output<typeof batch>,
  desk: Desk,
): Promise<object> {
  const counts = {
    metrics: metrics.length,
    params: Object.keys(params).length,
    tags: Object.keys(tags).length,
  };
  checkSize("metrics", counts.metrics, limits.metrics);
  checkSize("params", counts.params, limits.params);
  checkSize("tags", counts.tags, limits.tags);
  checkSize("metrics, params and tags", counts.metrics + counts.params + counts.tags, limits.together);
  const { [nameTag]: name, ...others } = tags;
  await desk.ledger.runs.log(id, {
    metrics: metrics.map(metric),
    params: cutParams(params),
    tags: cutTags(others),
  });
  if (name) await desk.ledger.runs.update(id, { name });
  return {};
}

const datasetInput = z.object({
  tags: tagList,
  dataset: z.object({
    name: requiredText,
    digest: requiredText,
    source_type: optionalText,
    source: optionalText,
    schema: optionalText,
    profile: optionalText,
  }),
});

async function runDataset({ tags, dataset }: z.output<typeof datasetInput>, desk: Desk): Promise<RunDataset> {
  const { name, digest, source_type, source, schema, profile } = dataset;
  // A digest as long as a hash may be one of a dataset frozen here.
  const ours = /^[0-9a-f]{64}$/.test(digest) ? await desk.ledger.datasets.byHash(digest) : undefined;
  return {
    name,
    digest,
    tags,
    ...(ours && { hash: ours.hash }),
    ...(source_type !== undefined && { sourceType: source_type }),
    ...(source !== undefined && { source }),
    ...(schema !== undefined && { schema }),
    ...(profile !== undefined && { profile }),
  };
}

const historyTag = "mlflow.log-model.history";

/** The tag as MLflow 2 keeps it: a JSON list of models, the newest last, cut at the front to fit. */
function historyWith(before: string | undefined, model: object): string {
  let models: unknown[] = [];
  try {
    const parsed: unknown = JSON.parse(before ?? "[]");
    if (Array.isArray(parsed)) models = parsed;
  } catch {
    // Somebody else wrote something else there; it is replaced.
  }
  models.push(model);
  while (models.length > 1 && JSON.stringify(models).length > 8_000) models.shift();
  return JSON.stringify(models);
}

const refused = { conflict: "INVALID_PARAMETER_VALUE" } as const;

export const runLogEndpoints = [
  endpoint(
    "POST /runs/log-metric",
    { input: ofRun(metricFields), ...refused },
    async ({ run_id: id, ...given }, desk) => {
      await desk.ledger.runs.log(id, { metrics: [metric(given)] });
      return {};
    },
  ),
  endpoint(
    "POST /runs/log-parameter",
    { input: ofRun({ key: requiredText, value: z.string().nullish() }), ...refused },
    async ({ run_id: id, key, value }, desk) => {
      await desk.ledger.runs.log(id, { params: cutParams({ [key]: value ?? "" }) });
      return {};
    },
  ),
  endpoint("POST /runs/log-batch", { input: batch, most: limits.bytes, ...refused }, logBatch),
  endpoint(
    "POST /runs/log-inputs",
    {
      input: ofRun({
        datasets: listOf(datasetInput),
        models: listOf(z.object({ model_id: requiredText })),
      }),
      ...refused,
    },
    async ({ run_id: id, datasets, models }, desk) => {
      const { inputs } = await mustFindRun(desk, id);
      const described: RunDataset[] = [];
      for (const given of datasets) {
        const dataset = await runDataset(given, desk);
        const before = inputs.datasets.find(
          ({ name, digest }) => name === dataset.name && digest === dataset.digest,
        );
        // The client names a dataset again with every metric measured on it, without what it said before.
        described.push({ ...before, ...dataset, tags: { ...before?.tags, ...dataset.tags } });
      }
      await desk.ledger.runs.logInputs(id, {
        datasets: described,
        models: models.map(({ model_id }) => ({ modelId: model_id })),
      });
      return {};
    },
  ),
  endpoint(
    "POST /runs/outputs",
    {
      input: ofRun({ models: listOf(z.object({ model_id: requiredText, step: optionalInt64 })) }),
      ...refused,
    },
    async ({ run_id: id, models }, desk) => {
      await desk.ledger.runs.logOutputs(
        id,
        models.map(({ model_id, step = 0 }) => ({ modelId: model_id, step })),
      );
      return {};
    },
  ),
  endpoint(
    "POST /runs/log-model",
    { input: ofRun({ model_json: requiredText }), ...refused },
    async ({ run_id: id, model_json }, desk) => {
      const { tags } = await mustFindRun(desk, id);
      const model = modelIn(model_json);
      await desk.ledger.runs.log(id, { tags: { [historyTag]: historyWith(tags[historyTag], model) } });
      return {};
    },
  ),
];

function modelIn(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    const needed = ["artifact_path", "flavors", "utc_time_created", "run_id"];
    if (typeof parsed === "object" && parsed !== null && needed.every((key) => key in parsed)) return parsed;
  } catch {
    // Not JSON; the same answer as for JSON that is no model.
  }
  throw new PawlError("invalid_input", "The parameter 'model_json' does not describe a model.", {
    found: JSON.stringify(text.slice(0, 100)),
    expected: "a JSON object with artifact_path, flavors, run_id and utc_time_created",
  });
}
