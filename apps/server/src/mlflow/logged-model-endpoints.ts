import { PawlError } from "@pawl/core";
import type { Filter, LoggedModel, Order } from "@pawl/ledger";
import { z } from "zod";
import type { Desk } from "./desk.ts";
import { endpoint } from "./endpoint.ts";
import { paging } from "./experiment-endpoints.ts";
import { Meaningless, parseFilter } from "./filter-parser.ts";
import { fieldNamed } from "./order-by.ts";
import { cutParams, cutTags } from "./run-wire.ts";
import { loggedModelWords } from "./vocabularies.ts";
import { meaningIn } from "./vocabulary.ts";
import {
  flag,
  listed,
  listOf,
  metricOf,
  millisOf,
  nextToken,
  optionalInt64,
  optionalText,
  paramList,
  requiredText,
  tagList,
} from "./wire-values.ts";

const statusWords = {
  pending: "LOGGED_MODEL_PENDING",
  ready: "LOGGED_MODEL_READY",
  failed: "LOGGED_MODEL_UPLOAD_FAILED",
} as const;

export async function modelOf(model: LoggedModel, desk: Desk) {
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: millisOf(model.createdAt),
      last_updated_timestamp_ms: millisOf(model.updatedAt),
      artifact_uri: await desk.roots.ofModel(model),
      status: statusWords[model.status],
      ...(model.type !== undefined && { model_type: model.type }),
      ...(model.sourceRunId !== undefined && { source_run_id: model.sourceRunId }),
      ...(model.statusMessage !== undefined && { status_message: model.statusMessage }),
      tags: listed(model.tags),
    },
    data: {
      params: listed(model.params),
      metrics: model.metrics.map(({ runId, ...metric }) => ({
        ...metricOf(metric),
        model_id: model.id,
        run_id: runId,
      })),
    },
  };
}

/** The model; a removed one only when asked for. */
export async function mustFindModel(desk: Desk, id: string, removedToo = false): Promise<LoggedModel> {
  const model = await desk.ledger.loggedModels.get(id);
  if (model !== undefined && (removedToo || model.removedAt === undefined)) return model;
  throw new PawlError("not_found", `Logged model with ID '${id}' not found.`);
}

const named = requiredText.refine((name) => !/[/:.%"']/.test(name), `must not hold / : . % " '`);
const which = { model_id: requiredText };

const searching = z.object({
  experiment_ids: listOf(z.string()),
  filter: optionalText,
  datasets: listOf(z.object({ dataset_name: requiredText, dataset_digest: optionalText })),
  order_by: listOf(
    z.object({
      field_name: requiredText,
      ascending: z.boolean().nullish(),
      dataset_name: optionalText,
      dataset_digest: optionalText,
    }),
  ),
  max_results: optionalInt64,
  page_token: optionalText,
});

function orderOf({ field_name: name, ascending }: z.output<typeof searching>["order_by"][number]): Order {
  const dot = name.indexOf(".");
  const entity = dot < 0 ? undefined : name.slice(0, dot);
  try {
    if (entity !== undefined && entity !== "metrics")
      throw new Meaningless(`"${entity}" is not ordered by`, "metrics");
    return {
      field: fieldNamed(loggedModelWords, entity, name.slice(dot + 1)),
      descending: ascending === false,
    };
  } catch (thrown) {
    if (!(thrown instanceof Meaningless)) throw thrown;
    throw new PawlError("invalid_input", `Invalid order_by field: ${thrown.message}.`, {
      found: name,
      expected: thrown.expected,
    });
  }
}

/** Measured on one of these datasets. */
function measuredOn(datasets: z.output<typeof searching>["datasets"]): (model: LoggedModel) => boolean {
  return ({ metrics }) =>
    metrics.some(({ datasetName, datasetDigest }) =>
      datasets.some(
        ({ dataset_name, dataset_digest }) =>
          dataset_name === datasetName && (dataset_digest === undefined || dataset_digest === datasetDigest),
      ),
    );
}

/**
 * Models narrowed to `datasets` are picked from each page after it is read, so a page may hold fewer than asked,
 * and a metric in the filter is the latest over all datasets.
 */
async function search(asked: z.output<typeof searching>, desk: Desk): Promise<object> {
  if (asked.order_by.some(({ dataset_name }) => dataset_name !== undefined)) {
    throw new PawlError("invalid_input", "Logged models cannot be ordered by a metric on one dataset.", {
      found: "dataset_name in order_by",
      expected: "a metric or an attribute",
      next: "Leave out dataset_name, and give datasets to narrow the search instead.",
    });
  }
  const filter: Filter | undefined = parseFilter(asked.filter, meaningIn(loggedModelWords));
  const { items, next } = await desk.ledger.loggedModels.search({
    experimentIds: [...new Set(asked.experiment_ids)],
    ...(filter && { filter }),
    order: asked.order_by.map(orderOf),
    ...paging(asked),
  });
  const wanted = asked.datasets.length === 0 ? items : items.filter(measuredOn(asked.datasets));
  const models: object[] = [];
  for (const model of wanted) models.push(await modelOf(model, desk));
  return { ...(models.length > 0 && { models }), ...nextToken(next) };
}

const refused = { conflict: "INVALID_PARAMETER_VALUE" } as const;

export const loggedModelEndpoints = [
  endpoint(
    "POST /logged-models",
    {
      input: z.object({
        experiment_id: requiredText,
        name: z.union([z.literal("").transform(() => undefined), named]).nullish(),
        model_type: optionalText,
        source_run_id: optionalText,
        params: paramList,
        tags: tagList,
      }),
      ...refused,
    },
    async ({ experiment_id, name, model_type, source_run_id, params, tags }, desk) => {
      const model = await desk.ledger.loggedModels.create({
        experimentId: experiment_id,
        ...(name && { name }),
        ...(model_type !== undefined && { type: model_type }),
        ...(source_run_id !== undefined && { sourceRunId: source_run_id }),
        params: cutParams(params),
        tags: cutTags(tags),
      });
      return { model: await modelOf(model, desk) };
    },
  ),
  endpoint("POST /logged-models/search", { input: searching }, search),
  endpoint(
    "GET /logged-models/:model_id",
    { input: z.object({ ...which, allow_deleted: flag }) },
    async ({ model_id: id, allow_deleted }, desk) => ({
      model: await modelOf(await mustFindModel(desk, id, allow_deleted), desk),
    }),
  ),
  endpoint(
    "PATCH /logged-models/:model_id",
    {
      input: z.object({
        ...which,
        status: z.enum(["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED", "READY", "FAILED"]),
      }),
      ...refused,
    },
    async ({ model_id: id, status }, desk) => {
      await mustFindModel(desk, id);
      const ended = status.endsWith("READY") ? "ready" : "failed";
      return { model: await modelOf(await desk.ledger.loggedModels.finish(id, ended), desk) };
    },
  ),
  endpoint("DELETE /logged-models/:model_id", { input: z.object(which) }, async ({ model_id: id }, desk) => {
    await mustFindModel(desk, id);
    await desk.ledger.loggedModels.remove(id);
    return {};
  }),
  endpoint(
    "PATCH /logged-models/:model_id/tags",
    { input: z.object({ ...which, tags: tagList }) },
    async ({ model_id: id, tags }, desk) => {
      await mustFindModel(desk, id);
      return { model: await modelOf(await desk.ledger.loggedModels.tag(id, cutTags(tags)), desk) };
    },
  ),
  endpoint(
    "DELETE /logged-models/:model_id/tags/:tag_key",
    { input: z.object({ ...which, tag_key: requiredText }) },
    async ({ model_id: id, tag_key: key }, desk) => {
      const { tags } = await mustFindModel(desk, id);
      if (!Object.hasOwn(tags, key))
        throw new PawlError("not_found", `No tag with key '${key}' on model '${id}'.`);
      await desk.ledger.loggedModels.tag(id, { [key]: null });
      return {};
    },
  ),
  endpoint(
    "POST /logged-models/:model_id/params",
    { input: z.object({ ...which, params: paramList }), ...refused },
    async ({ model_id: id, params }, desk) => {
      await mustFindModel(desk, id);
      await desk.ledger.loggedModels.logParams(id, cutParams(params));
      return {};
    },
  ),
];
