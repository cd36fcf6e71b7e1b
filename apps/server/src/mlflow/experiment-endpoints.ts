import { PawlError } from "@pawl/core";
import type { Experiment, Presence } from "@pawl/ledger";
import { z } from "zod";
import { ArtifactRoots } from "./artifact-roots.ts";
import type { Desk } from "./desk.ts";
import { endpoint } from "./endpoint.ts";
import { parseFilter } from "./filter-parser.ts";
import { checkLocation } from "./model-source.ts";
import { parseOrderBy } from "./order-by.ts";
import { experimentWords } from "./vocabularies.ts";
import { meaningIn } from "./vocabulary.ts";
import { WireError } from "./wire-error.ts";
import {
  listed,
  listOf,
  millisOf,
  nextToken,
  optionalInt64,
  optionalText,
  requiredText,
  tagList,
} from "./wire-values.ts";

export const viewType = z
  .enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])
  .nullish()
  .transform((view): Presence => (view === "DELETED_ONLY" ? "removed" : view === "ALL" ? "both" : "live"));

/** Fields every search shares. */
export const searching = {
  filter: optionalText,
  order_by: listOf(z.string()),
  max_results: optionalInt64,
  page_token: optionalText,
};

export const paging = (asked: {
  readonly max_results: number | undefined;
  readonly page_token: string | undefined;
}) => ({
  ...(asked.max_results !== undefined && { limit: asked.max_results }),
  ...(asked.page_token !== undefined && { cursor: asked.page_token }),
});

function experimentOf(experiment: Experiment) {
  return {
    experiment_id: experiment.id,
    name: experiment.name,
    artifact_location: ArtifactRoots.locationOf(experiment),
    lifecycle_stage: experiment.removedAt === undefined ? "active" : "deleted",
    creation_time: millisOf(experiment.createdAt),
    last_update_time: millisOf(experiment.updatedAt),
    tags: listed(experiment.tags),
  };
}

async function mustFind(desk: Desk, id: string): Promise<Experiment> {
  const experiment = await desk.ledger.experiments.get(id);
  if (experiment !== undefined) return experiment;
  throw new PawlError("not_found", `No Experiment with id=${id} exists.`);
}

const which = { experiment_id: requiredText };

/** Changes of a removed experiment are refused, as MLflow does. */
async function mustBeLive(desk: Desk, id: string): Promise<void> {
  const experiment = await mustFind(desk, id);
  if (experiment.removedAt === undefined) return;
  throw new PawlError("invalid_input", `The experiment ${id} must be in the 'active' state.`, {
    found: "deleted",
    next: "Restore it first.",
  });
}

export const experimentEndpoints = [
  endpoint(
    "POST /experiments/create",
    {
      input: z.object({ name: requiredText, artifact_location: optionalText, tags: tagList }),
      conflict: "RESOURCE_ALREADY_EXISTS",
    },
    async ({ name, artifact_location, tags }, { ledger }) => {
      if (artifact_location !== undefined) checkLocation(artifact_location);
      const { id } = await ledger.experiments.create({
        name,
        tags,
        ...(artifact_location !== undefined && { artifactLocation: artifact_location }),
      });
      return { experiment_id: id };
    },
  ),
  endpoint("GET /experiments/get", { input: z.object(which) }, async ({ experiment_id }, desk) => ({
    experiment: experimentOf(await mustFind(desk, experiment_id)),
  })),
  endpoint(
    "GET /experiments/get-by-name",
    { input: z.object({ experiment_name: requiredText }) },
    async ({ experiment_name: name }, { ledger }) => {
      const experiment = await ledger.experiments.byName(name);
      if (experiment !== undefined) return { experiment: experimentOf(experiment) };
      throw new PawlError("not_found", `Could not find experiment with name '${name}'.`);
    },
  ),
  endpoint(
    "POST,GET /experiments/search",
    { input: z.object({ ...searching, view_type: viewType }) },
    async ({ filter: text, order_by, view_type: presence, ...asked }, { ledger }) => {
      const filter = parseFilter(text, meaningIn(experimentWords));
      const { items, next } = await ledger.experiments.search({
        ...(filter && { filter }),
        order: parseOrderBy(order_by, experimentWords),
        presence,
        ...paging(asked),
      });
      return { experiments: items.map(experimentOf), ...nextToken(next) };
    },
  ),
  endpoint(
    "POST /experiments/update",
    { input: z.object({ ...which, new_name: optionalText }), conflict: "RESOURCE_ALREADY_EXISTS" },
    async ({ experiment_id: id, new_name: name }, desk) => {
      await mustBeLive(desk, id);
      if (name !== undefined) await desk.ledger.experiments.rename(id, name);
      return {};
    },
  ),
  endpoint("POST /experiments/delete", { input: z.object(which) }, async ({ experiment_id: id }, desk) => {
    const { removedAt } = await mustFind(desk, id);
    if (removedAt !== undefined)
      throw new PawlError("not_found", `No active experiment with id=${id} exists.`);
    await desk.ledger.experiments.remove(id);
    return {};
  }),
  endpoint("POST /experiments/restore", { input: z.object(which) }, async ({ experiment_id: id }, desk) => {
    const { removedAt } = await mustFind(desk, id);
    if (removedAt === undefined)
      throw new PawlError("not_found", `No deleted experiment with id=${id} exists.`);
    await desk.ledger.experiments.restore(id);
    return {};
  }),
  endpoint(
    "POST /experiments/set-experiment-tag",
    { input: z.object({ ...which, key: requiredText, value: z.string() }) },
    async ({ experiment_id: id, key, value }, desk) => {
      await mustBeLive(desk, id);
      await desk.ledger.experiments.tag(id, { [key]: value });
      return {};
    },
  ),
  endpoint(
    "POST /experiments/delete-experiment-tag",
    { input: z.object({ ...which, key: requiredText }) },
    async ({ experiment_id: id, key }, desk) => {
      await mustBeLive(desk, id);
      const { tags } = await mustFind(desk, id);
      if (!Object.hasOwn(tags, key))
        throw new PawlError("not_found", `No tag with name: ${key} in experiment ${id}.`);
      await desk.ledger.experiments.tag(id, { [key]: null });
      return {};
    },
  ),
  endpoint(
    "POST /experiments/search-datasets",
    { input: z.object({ experiment_ids: listOf(z.string()) }) },
    async ({ experiment_ids: ids }, { ledger }) => {
      if (ids.length === 0 || ids.length > 20) {
        throw new WireError(
          "INVALID_PARAMETER_VALUE",
          "invalid_input",
          "SearchDatasets needs experiment ids.",
          {
            found: String(ids.length),
            expected: "1 to 20",
          },
        );
      }
      const used = await ledger.runs.datasetsOf(ids);
      return {
        dataset_summaries: used.map(({ experimentId, name, digest, tags }) => ({
          experiment_id: experimentId,
          name,
          digest,
          ...contextOf(tags),
        })),
      };
    },
  ),
];

/** The word a run gives to its use of a dataset. */
export const contextTag = "mlflow.data.context";

function contextOf(tags: Readonly<Record<string, string>> = {}): { readonly context?: string } {
  const context = tags["context"] ?? tags[contextTag];
  return context === undefined ? {} : { context };
}
