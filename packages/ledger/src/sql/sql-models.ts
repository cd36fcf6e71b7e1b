import { PawlError } from "@pawl/core";
import { checkHash, checkName, checkTags, checkText, checkWord } from "../checks.ts";
import type {
  ModelStage,
  ModelVersion,
  ModelVersionId,
  ModelVersionQuery,
  ModelVersionRef,
  Models,
  NewModelVersion,
  RegisteredModel,
  RegisteredModelQuery,
} from "../models.ts";
import type { Page, Tags } from "../words.ts";
import type { Sql } from "./database.ts";
import type { Change, Journal } from "./journal.ts";
import {
  findModelRow,
  findVersion,
  type ModelRow,
  type ModelVersionRow,
  modelsOf,
  mustFindModel,
  mustFindModelRow,
  mustFindVersion,
  searchableModels,
  searchableVersions,
  versionsOf,
} from "./model-rows.ts";
import { notFound } from "./not-found.ts";
import { mustFindRun } from "./run-rows.ts";
import { presenceCondition, searchRows } from "./search.ts";

const stages: readonly ModelStage[] = ["candidate", "staging", "production", "archived"];

/** Refuses while a version of the model, or the given version, is at work. */
async function checkNotDeployed(sql: Sql, name: string, version?: number): Promise<void> {
  const deployment = await sql.one<{ id: string; name: string; role: string; version: number }>(
    `SELECT id, name, role, version FROM deployments WHERE model = ? AND until IS NULL
     ${version === undefined ? "" : "AND version = ?"} LIMIT 1`,
    version === undefined ? [name] : [name, version],
  );
  if (deployment === undefined) return;
  throw new PawlError("conflict", `Model ${name} is at work.`, {
    found: `version ${deployment.version} is ${deployment.role} of deployment ${deployment.name}`,
    expected: "a model no deployment uses",
    next: "Stop the deployment first.",
    details: { deployment: deployment.id },
  });
}

async function checkFree(sql: Sql, name: string): Promise<void> {
  const taken = await findModelRow(sql, name);
  if (taken === undefined) return;
  const removed = taken.removed_at !== null;
  throw new PawlError("conflict", `There is a registered model ${name} already.`, {
    found: removed ? `${name}, removed` : name,
    expected: "a name no registered model has or had",
    next: removed
      ? "Restore it, or choose another name."
      : "Register a version of it, or choose another name.",
  });
}

async function create(
  change: Change,
  name: string,
  description?: string,
  tags: Tags = {},
): Promise<RegisteredModel> {
  checkName("name of the model", name, 256);
  checkTags(tags);
  if (description !== undefined) checkText("description", description, 5_000);
  await checkFree(change.sql, name);
  await change.record("model.created", { kind: "model", name }, { name, description, tags });
  return mustFindModel(change.sql, name);
}

function checkNewVersion(wanted: NewModelVersion): void {
  for (const key of ["hash", "blob", "datasetHash", "viewHash"] as const) {
    if (wanted[key] !== undefined) checkHash(`${key} of the version`, wanted[key]);
  }
  if (wanted.source !== undefined) checkText("source", wanted.source, 4_000);
  if (wanted.description !== undefined) checkText("description", wanted.description, 5_000);
  checkTags(wanted.tags ?? {});
  if (wanted.hash === undefined && wanted.source === undefined && wanted.loggedModelId === undefined) {
    throw new PawlError("invalid_input", "Nothing says which model this version is.", {
      found: "no hash, no source and no logged model",
      expected: "at least one of them",
      next: "Pass the hash of the model's content.",
    });
  }
}

async function register(change: Change, wanted: NewModelVersion): Promise<ModelVersion> {
  const { sql } = change;
  checkNewVersion(wanted);
  const { name, hash, runId, loggedModelId, datasetHash } = wanted;
  if (runId !== undefined) await mustFindRun(sql, runId);
  if (loggedModelId !== undefined) {
    const known = await sql.one("SELECT 1 AS hit FROM logged_models WHERE id = ?", [loggedModelId]);
    if (known === undefined) notFound("logged model", loggedModelId);
  }
  if (datasetHash !== undefined) {
    const known = await sql.one("SELECT 1 AS hit FROM datasets WHERE hash = ?", [datasetHash]);
    if (known === undefined) notFound("dataset", datasetHash);
  }
  const model = await findModelRow(sql, name);
  if (model === undefined) await create(change, name);
  else if (model.removed_at !== null) {
    throw new PawlError("conflict", `Registered model ${name} was removed.`, {
      found: `${name}, removed`,
      expected: "a model that is not removed",
      next: "Restore it, or choose another name.",
    });
  }
  const { seq } = await mustFindModelRow(sql, name);
  if (hash !== undefined) {
    const same = await sql.all<{ version: number; run_id: string | null }>(
      `SELECT version, run_id FROM model_versions WHERE model = ? AND hash = ? AND removed_at IS NULL
       ORDER BY version`,
      [seq, hash],
    );
    const again = same.find(({ run_id }) => run_id === (runId ?? null));
    if (again !== undefined) return mustFindVersion(sql, name, again.version);
  }
  const newest = await sql.one<{ version: number | null }>(
    "SELECT MAX(version) AS version FROM model_versions WHERE model = ?",
    [seq],
  );
  const version = (newest?.version ?? 0) + 1;
  const { blob, source, viewHash, metrics, document, description, tags } = wanted;
  await change.record(
    "model.registered",
    { kind: "model", name, version, ...(hash !== undefined && { hash }) },
    {
      name,
      version,
      hash,
      blob,
      source,
      runId,
      loggedModelId,
      datasetHash,
      viewHash,
      metrics,
      document,
      description,
      tags,
      user: change.actor.name,
    },
  );
  return mustFindVersion(sql, name, version);
}

async function resolve(sql: Sql, ref: ModelVersionRef): Promise<ModelVersion | undefined> {
  if ("version" in ref) return findVersion(sql, ref.name, ref.version);
  const row =
    "alias" in ref
      ? await sql.one<{ version: number }>(
          `SELECT a.version FROM model_aliases a JOIN models m ON m.seq = a.model
           WHERE m.name = ? AND a.alias = ?`,
          [ref.name, ref.alias],
        )
      : await sql.one<{ version: number }>(
          `SELECT v.version FROM model_versions v JOIN models m ON m.seq = v.model
           WHERE m.name = ? AND v.removed_at IS NULL ORDER BY v.version DESC LIMIT 1`,
          [ref.name],
        );
  return row && findVersion(sql, ref.name, row.version);
}

async function search(sql: Sql, query: RegisteredModelQuery): Promise<Page<RegisteredModel>> {
  const { rows, next } = await searchRows<ModelRow>(sql, searchableModels, query, null);
  return { items: await modelsOf(sql, rows), ...(next !== undefined && { next }) };
}

async function searchVersions(sql: Sql, query: ModelVersionQuery): Promise<Page<ModelVersion>> {
  // A version whose model was removed is no longer live, though nothing happened to it itself.
  const live = presenceCondition(query.presence) && query.presence !== "removed";
  const { rows, next } = await searchRows<ModelVersionRow>(sql, searchableVersions, query, null, [
    live ? { text: "t.model IN (SELECT seq FROM models WHERE removed_at IS NULL)", values: [] } : undefined,
  ]);
  return { items: await versionsOf(sql, rows), ...(next !== undefined && { next }) };
}

/** A version that may be changed. */
async function mustFindLive(sql: Sql, { name, version }: ModelVersionId): Promise<ModelVersion> {
  const found = await mustFindVersion(sql, name, version);
  if (found.removedAt === undefined) return found;
  throw new PawlError("conflict", `Version ${version} of ${name} was removed.`, {
    found: `${name}@${version}, removed`,
    expected: "a version that is not removed",
    next: "Restore it first.",
  });
}

async function stage(
  change: Change,
  id: ModelVersionId,
  stage: ModelStage,
  archiveOthers: boolean,
): Promise<ModelVersion> {
  checkWord("stage", stage, stages);
  const { sql } = change;
  const found = await mustFindLive(sql, id);
  const { name, version } = id;
  if (archiveOthers && stage !== "archived") {
    const { seq } = await mustFindModelRow(sql, name);
    const others = await sql.all<{ version: number }>(
      "SELECT version FROM model_versions WHERE model = ? AND stage = ? AND version <> ? ORDER BY version",
      [seq, stage, version],
    );
    for (const other of others) {
      const payload = { name, version: other.version, stage: "archived" };
      await change.record("model.staged", { kind: "model", name, version: other.version }, payload);
    }
  }
  if (found.stage !== stage) {
    await change.record("model.staged", { kind: "model", name, version }, { name, version, stage });
  }
  return mustFindVersion(sql, name, version);
}

export function sqlModels(journal: Journal): Models {
  const changeModel = (
    name: string,
    kind: string,
    payload: (row: ModelRow, sql: Sql) => Promise<object | undefined>,
  ): Promise<RegisteredModel> =>
    journal.change(async (change) => {
      const members = await payload(await mustFindModelRow(change.sql, name), change.sql);
      if (members !== undefined) {
        await change.record(`model.${kind}`, { kind: "model", name }, { name, ...members });
      }
      return mustFindModel(change.sql, name);
    });
  const changeVersion = (
    { name, version }: ModelVersionId,
    kind: string,
    payload: (found: ModelVersion, sql: Sql) => Promise<object | undefined>,
  ): Promise<ModelVersion> =>
    journal.change(async (change) => {
      const members = await payload(await mustFindVersion(change.sql, name, version), change.sql);
      if (members !== undefined) {
        const subject = { kind: "model", name, version };
        await change.record(`model.${kind}`, subject, { name, version, ...members });
      }
      return mustFindVersion(change.sql, name, version);
    });
  return {
    create: ({ name, description, tags }) =>
      journal.change((change) => create(change, name, description, tags)),
    get: (name) =>
      journal.read(async (sql) => {
        const row = await findModelRow(sql, name);
        return row && mustFindModel(sql, name);
      }),
    describe: (name, description) =>
      changeModel(name, "described", async () => {
        checkText("description", description, 5_000);
        return { description };
      }),
    rename: (name, newName) =>
      journal.change(async (change) => {
        checkName("name of the model", newName, 256);
        await mustFindModelRow(change.sql, name);
        if (name !== newName) {
          await checkFree(change.sql, newName);
          await checkNotDeployed(change.sql, name);
          await change.record("model.renamed", { kind: "model", name }, { name, newName });
        }
        return mustFindModel(change.sql, newName);
      }),
    tag: (name, tags) =>
      changeModel(name, "tagged", async () => {
        checkTags(tags, true);
        return { tags };
      }),
    remove: (name) =>
      changeModel(name, "removed", async (row, sql) => {
        if (row.removed_at !== null) return undefined;
        await checkNotDeployed(sql, name);
        return {};
      }),
    restore: (name) =>
      changeModel(name, "restored", async (row) => (row.removed_at === null ? undefined : {})),
    search: (query = {}) => journal.read((sql) => search(sql, query)),

    register: (version) => journal.change((change) => register(change, version)),
    version: (ref) => journal.read((sql) => resolve(sql, ref)),
    describeVersion: (id, description) =>
      changeVersion(id, "version-described", async () => {
        checkText("description", description, 5_000);
        return { description };
      }),
    tagVersion: (id, tags) =>
      changeVersion(id, "version-tagged", async () => {
        checkTags(tags, true);
        return { tags };
      }),
    stage: (id, to, options = {}) =>
      journal.change((change) => stage(change, id, to, options.archiveOthers ?? false)),
    setAlias: (id, alias) =>
      journal.change(async (change) => {
        checkName("alias", alias);
        const { aliases } = await mustFindLive(change.sql, id);
        if (aliases.includes(alias)) return;
        const { name, version } = id;
        await change.record("model.alias-set", { kind: "model", name, version }, { name, version, alias });
      }),
    removeAlias: (name, alias) =>
      journal.change(async (change) => {
        const { aliases } = await mustFindModel(change.sql, name);
        if (!Object.hasOwn(aliases, alias)) return;
        await change.record("model.alias-removed", { kind: "model", name }, { name, alias });
      }),
    removeVersion: (id) =>
      changeVersion(id, "version-removed", async (found, sql) => {
        if (found.removedAt !== undefined) return undefined;
        await checkNotDeployed(sql, id.name, id.version);
        return {};
      }),
    restoreVersion: (id) =>
      changeVersion(id, "version-restored", async (found) =>
        found.removedAt === undefined ? undefined : {},
      ),
    searchVersions: (query = {}) => journal.read((sql) => searchVersions(sql, query)),
  };
}
