import { createHash } from "node:crypto";
import { PawlError } from "@pawl/core";
import type { Artifact, JsonObject } from "@pawl/ledger";
import { z } from "zod";
import type { Desk } from "./desk.ts";
import { endpoint } from "./endpoint.ts";
import { paging, searching } from "./experiment-endpoints.ts";
import { type ModelSource, resolveSource, storageOf } from "./model-source.ts";
import { parseOrderBy } from "./order-by.ts";
import {
  mustFindRegistered,
  mustFindVersion,
  ofModel,
  ofVersion,
  stageOf,
  versionOf,
} from "./registry-wire.ts";
import { modelVersionWords, parseRegistryFilter } from "./vocabularies.ts";
import { flag, nextToken, optionalText, requiredText, tagList } from "./wire-values.ts";

const creating = z.object({
  ...ofModel,
  source: requiredText,
  run_id: optionalText,
  run_link: optionalText,
  model_id: optionalText,
  description: z.string().nullish(),
  tags: tagList,
});

/** Files named in a version's document at most. */
const mostFiles = 1_000;

/** Files below a folder, with paths relative to it. */
async function filesOf(
  desk: Desk,
  { files }: ModelSource,
): Promise<readonly Pick<Artifact, "path" | "blob" | "bytes">[]> {
  if (files === undefined) return [];
  const all = await desk.ledger.artifacts.all(files.owner, files.path);
  const start = files.path === "" ? 0 : files.path.length + 1;
  return all.map(({ path, blob, bytes }) => ({ path: path.slice(start) || path, blob, bytes }));
}

/**
 * The hash of a folder's content: SHA-256 over its files' paths and hashes, by path. Undefined for no files,
 * and where this run registered the very same before: MLflow counts that as another version, and the ledger
 * knows two versions of one content and run only without it.
 */
async function contentHash(
  desk: Desk,
  name: string,
  runId: string | undefined,
  files: readonly Pick<Artifact, "path" | "blob">[],
): Promise<string | undefined> {
  if (files.length === 0) return undefined;
  const content = createHash("sha256");
  for (const { path, blob } of files) content.update(`${path}\0${blob}\n`);
  const hash = content.digest("hex");
  const { items } = await desk.ledger.models.searchVersions({
    filter: {
      all: [
        { field: { of: "attribute", key: "name" }, is: "=", value: name },
        { field: { of: "attribute", key: "hash" }, is: "=", value: hash },
      ],
    },
  });
  return items.some((version) => version.runId === runId) ? undefined : hash;
}

async function create(asked: z.output<typeof creating>, desk: Desk): Promise<object> {
  const { name, description, tags } = asked;
  await mustFindRegistered(desk, name);
  const found =
    tags["mlflow.prompt.is_prompt"]?.toLowerCase() === "true"
      ? { source: asked.source, storage: asked.source }
      : await resolveSource(desk, {
          source: asked.source,
          ...(asked.run_id !== undefined && { runId: asked.run_id }),
          ...(asked.model_id !== undefined && { modelId: asked.model_id }),
        });
  const { runId, modelId, source, storage }: ModelSource = found;
  const files = await filesOf(desk, found);
  const hash = await contentHash(desk, name, runId, files);
  const document: JsonObject = {
    format: "mlflow",
    mlflow: { storage, ...(asked.run_link !== undefined && { run_link: asked.run_link }) },
    files: files.slice(0, mostFiles),
  };
  const version = await desk.ledger.models.register({
    name,
    source,
    document,
    tags,
    ...(hash !== undefined && { hash }),
    ...(runId !== undefined && { runId }),
    ...(modelId !== undefined && { loggedModelId: modelId }),
    ...(description && { description }),
  });
  return { model_version: versionOf(version) };
}

/** The ledger's greatest page; MLflow's is larger, but a page may always hold fewer than asked. */
const largestPage = 10_000;

export const modelVersionEndpoints = [
  endpoint("POST /model-versions/create", { input: creating }, create),
  endpoint("GET /model-versions/get", { input: z.object(ofVersion) }, async ({ name, version }, desk) => ({
    model_version: versionOf(await mustFindVersion(desk, name, version)),
  })),
  endpoint(
    "PATCH /model-versions/update",
    { input: z.object({ ...ofVersion, description: z.string().nullish() }) },
    async ({ name, version, description }, desk) => {
      const found = await mustFindVersion(desk, name, version);
      if (description === null || description === undefined) return { model_version: versionOf(found) };
      return {
        model_version: versionOf(await desk.ledger.models.describeVersion({ name, version }, description)),
      };
    },
  ),
  endpoint(
    "DELETE /model-versions/delete",
    { input: z.object(ofVersion) },
    async ({ name, version }, desk) => {
      await mustFindVersion(desk, name, version);
      await desk.ledger.models.removeVersion({ name, version });
      return {};
    },
  ),
  endpoint(
    "GET,POST /model-versions/search",
    { input: z.object(searching) },
    async ({ filter, order_by, max_results, ...asked }, desk) => {
      if (max_results !== undefined && (max_results < 1 || max_results > 200_000)) {
        throw new PawlError("invalid_input", "Invalid value for parameter 'max_results'.", {
          found: String(max_results),
          expected: "1 to 200000",
        });
      }
      const { items, next } = await desk.ledger.models.searchVersions({
        filter: parseRegistryFilter(filter, modelVersionWords),
        order: parseOrderBy(order_by, modelVersionWords),
        ...paging({ ...asked, max_results: Math.min(max_results ?? largestPage, largestPage) }),
      });
      return { ...(items.length > 0 && { model_versions: items.map(versionOf) }), ...nextToken(next) };
    },
  ),
  endpoint(
    "GET /model-versions/get-download-uri",
    { input: z.object(ofVersion) },
    async ({ name, version }, desk) => ({
      artifact_uri: storageOf(await mustFindVersion(desk, name, version)),
    }),
  ),
  endpoint(
    "POST /model-versions/transition-stage",
    { input: z.object({ ...ofVersion, stage: requiredText, archive_existing_versions: flag }) },
    async ({ name, version, stage: word, archive_existing_versions: archiveOthers }, desk) => {
      const stage = stageOf(word);
      if (archiveOthers && stage !== "staging" && stage !== "production") {
        throw new PawlError(
          "invalid_input",
          "Existing versions are archived only for a stage that has one.",
          {
            found: word,
            expected: "Staging or Production",
          },
        );
      }
      await mustFindVersion(desk, name, version);
      return {
        model_version: versionOf(await desk.ledger.models.stage({ name, version }, stage, { archiveOthers })),
      };
    },
  ),
  endpoint(
    "POST /model-versions/set-tag",
    { input: z.object({ ...ofVersion, key: requiredText, value: z.string() }) },
    async ({ name, version, key, value }, desk) => {
      await mustFindVersion(desk, name, version);
      await desk.ledger.models.tagVersion({ name, version }, { [key]: value });
      return {};
    },
  ),
  endpoint(
    "DELETE /model-versions/delete-tag",
    { input: z.object({ ...ofVersion, key: requiredText }) },
    async ({ name, version, key }, desk) => {
      const { tags } = await mustFindVersion(desk, name, version);
      if (Object.hasOwn(tags, key)) await desk.ledger.models.tagVersion({ name, version }, { [key]: null });
      return {};
    },
  ),
];
