import { PawlError } from "@pawl/core";
import { z } from "zod";
import type { Desk } from "./desk.ts";
import { endpoint } from "./endpoint.ts";
import { paging, searching } from "./experiment-endpoints.ts";
import { parseOrderBy } from "./order-by.ts";
import {
  latestVersions,
  modelName,
  mustFindRegistered,
  mustFindVersion,
  ofModel,
  ofVersion,
  registeredModelOf,
  stageOf,
  versionOf,
} from "./registry-wire.ts";
import { parseRegistryFilter, registeredModelWords } from "./vocabularies.ts";
import { WireError } from "./wire-error.ts";
import { listOf, nextToken, requiredText, tagList } from "./wire-values.ts";

/** Its versions stay known by their numbers, but are no longer found. */
async function removeVersions(desk: Desk, name: string): Promise<void> {
  for (;;) {
    const { items } = await desk.ledger.models.searchVersions({
      filter: {
        all: [{ field: { of: "attribute", key: "name" }, is: "=", value: name }],
      },
      presence: "both",
    });
    const live = items.filter(({ removedAt }) => removedAt === undefined);
    if (live.length === 0) return;
    for (const { version } of live) await desk.ledger.models.removeVersion({ name, version });
  }
}

const creating = z.object({ ...ofModel, description: z.string().nullish(), tags: tagList });

/**
 * A name whose model was deleted is free on this wire, while the ledger keeps it: the model comes back
 * empty, and its next version goes on counting, since a number is never used twice.
 */
async function create({ name, description, tags }: z.output<typeof creating>, desk: Desk): Promise<object> {
  const { models } = desk.ledger;
  const before = await models.get(name);
  if (before?.removedAt === undefined) {
    const model = await models.create({ name, tags, ...(description && { description }) });
    return { registered_model: await registeredModelOf(model, desk) };
  }
  await removeVersions(desk, name);
  await models.restore(name);
  const cleared = Object.fromEntries(Object.keys(before.tags).map((key) => [key, null]));
  await models.tag(name, { ...cleared, ...tags });
  const model = await models.describe(name, description ?? "");
  return { registered_model: await registeredModelOf(model, desk) };
}

const aliasName = requiredText
  .max(255, "must have at most 255 characters")
  .regex(/^[\w-]+$/, "must hold letters, digits, _ and - only")
  .refine((alias) => alias.toLowerCase() !== "latest" && !/^v\d+$/i.test(alias), "is reserved");

/** An alias that is asked for or taken away: also one nobody could set. */
const anyAlias = { ...ofModel, alias: requiredText };

export const registeredModelEndpoints = [
  endpoint(
    "POST /registered-models/create",
    { input: creating, conflict: "RESOURCE_ALREADY_EXISTS" },
    create,
  ),
  endpoint("GET /registered-models/get", { input: z.object(ofModel) }, async ({ name }, desk) => ({
    registered_model: await registeredModelOf(await mustFindRegistered(desk, name), desk),
  })),
  endpoint(
    "POST /registered-models/rename",
    { input: z.object({ ...ofModel, new_name: modelName }) },
    async ({ name, new_name: newName }, desk) => {
      await mustFindRegistered(desk, name);
      if (newName !== name && (await desk.ledger.models.get(newName)) !== undefined) {
        throw new WireError(
          "RESOURCE_ALREADY_EXISTS",
          "conflict",
          `Registered Model (name=${newName}) already exists, or did before it was deleted.`,
          { next: "Choose another name." },
        );
      }
      return {
        registered_model: await registeredModelOf(await desk.ledger.models.rename(name, newName), desk),
      };
    },
  ),
  endpoint(
    "PATCH /registered-models/update",
    { input: z.object({ ...ofModel, description: z.string().nullish() }) },
    async ({ name, description }, desk) => {
      const model = await mustFindRegistered(desk, name);
      const changed =
        description === null || description === undefined
          ? model
          : await desk.ledger.models.describe(name, description);
      return { registered_model: await registeredModelOf(changed, desk) };
    },
  ),
  endpoint("DELETE /registered-models/delete", { input: z.object(ofModel) }, async ({ name }, desk) => {
    await mustFindRegistered(desk, name);
    await desk.ledger.models.remove(name);
    await removeVersions(desk, name);
    return {};
  }),
  endpoint(
    "GET,POST /registered-models/search",
    { input: z.object(searching) },
    async ({ filter, order_by, ...asked }, desk) => {
      const { items, next } = await desk.ledger.models.search({
        filter: parseRegistryFilter(filter, registeredModelWords),
        order: parseOrderBy(order_by, registeredModelWords),
        ...paging(asked),
      });
      const found: object[] = [];
      for (const model of items) found.push(await registeredModelOf(model, desk));
      return { ...(found.length > 0 && { registered_models: found }), ...nextToken(next) };
    },
  ),
  endpoint(
    "POST,GET /registered-models/get-latest-versions",
    { input: z.object({ ...ofModel, stages: listOf(z.string()) }) },
    async ({ name, stages }, desk) => {
      await mustFindRegistered(desk, name);
      const latest = await latestVersions(desk, name, stages.length === 0 ? undefined : stages.map(stageOf));
      return latest.length === 0 ? {} : { model_versions: latest.map(versionOf) };
    },
  ),
  endpoint(
    "POST /registered-models/set-tag",
    { input: z.object({ ...ofModel, key: requiredText, value: z.string() }) },
    async ({ name, key, value }, desk) => {
      await mustFindRegistered(desk, name);
      await desk.ledger.models.tag(name, { [key]: value });
      return {};
    },
  ),
  endpoint(
    "DELETE /registered-models/delete-tag",
    { input: z.object({ ...ofModel, key: requiredText }) },
    async ({ name, key }, desk) => {
      const { tags } = await mustFindRegistered(desk, name);
      if (Object.hasOwn(tags, key)) await desk.ledger.models.tag(name, { [key]: null });
      return {};
    },
  ),
  endpoint(
    "POST /registered-models/alias",
    { input: z.object({ ...ofVersion, alias: aliasName }) },
    async ({ name, version, alias }, desk) => {
      await mustFindVersion(desk, name, version);
      await desk.ledger.models.setAlias({ name, version }, alias);
      return {};
    },
  ),
  endpoint(
    "DELETE /registered-models/alias",
    { input: z.object(anyAlias) },
    async ({ name, alias }, desk) => {
      await mustFindRegistered(desk, name);
      await desk.ledger.models.removeAlias(name, alias);
      return {};
    },
  ),
  endpoint("GET /registered-models/alias", { input: z.object(anyAlias) }, async ({ name, alias }, desk) => {
    await mustFindRegistered(desk, name);
    // A word MLflow reserves: the newest version.
    const latest = alias.toLowerCase() === "latest";
    const found = await desk.ledger.models.version(latest ? { name, latest: true } : { name, alias });
    if (found !== undefined && found.removedAt === undefined) return { model_version: versionOf(found) };
    // 400 and not 404: the client tells the two apart.
    throw new PawlError("invalid_input", `Registered model alias ${alias} not found.`);
  }),
];
