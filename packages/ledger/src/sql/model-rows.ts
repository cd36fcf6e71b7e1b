import type { ModelStage, ModelVersion, RegisteredModel } from "../models.ts";
import type { JsonObject } from "../words.ts";
import { allOf } from "./conditions.ts";
import type { Sql } from "./database.ts";
import { notFound } from "./not-found.ts";
import { wordsOf } from "./owned-words.ts";
import type { Searchable } from "./search.ts";

export interface ModelRow {
  readonly seq: number;
  readonly name: string;
  readonly description: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly removed_at: number | null;
}

export interface ModelVersionRow {
  readonly seq: number;
  readonly model: number;
  /** From the joined model. */
  readonly model_name: string;
  readonly version: number;
  readonly hash: string | null;
  readonly blob: string | null;
  readonly source: string | null;
  readonly run_id: string | null;
  readonly logged_model_id: string | null;
  readonly dataset_hash: string | null;
  readonly view_hash: string | null;
  readonly metrics: string;
  readonly document: string | null;
  readonly description: string | null;
  readonly stage: ModelStage;
  readonly user_name: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly removed_at: number | null;
}

export const searchableModels: Searchable = {
  noun: "registered model",
  from: "models t",
  owner: "t.seq",
  attributes: {
    name: { column: "t.name", type: "text" },
    created_at: { column: "t.created_at", type: "number" },
    updated_at: { column: "t.updated_at", type: "number" },
  },
  keyed: { tag: { table: "model_tags", owner: "owner", type: "text" } },
  natural: [{ column: "t.name" }],
  usualLimit: 100,
  mostLimit: 1_000,
};

/** Versions with the name of their model, as `t`. */
const versions =
  "(SELECT v.*, m.name AS model_name FROM model_versions v JOIN models m ON m.seq = v.model) t";

export const searchableVersions: Searchable = {
  noun: "model version",
  from: versions,
  owner: "t.seq",
  attributes: {
    name: { column: "t.model_name", type: "text" },
    version: { column: "t.version", type: "number" },
    stage: { column: "t.stage", type: "text" },
    run_id: { column: "t.run_id", type: "text" },
    source: { column: "t.source", type: "text" },
    hash: { column: "t.hash", type: "text" },
    logged_model_id: { column: "t.logged_model_id", type: "text" },
    created_at: { column: "t.created_at", type: "number" },
    updated_at: { column: "t.updated_at", type: "number" },
  },
  keyed: { tag: { table: "model_version_tags", owner: "owner", type: "text" } },
  natural: [{ column: "t.model_name" }, { column: "t.version", descending: true }],
  usualLimit: 1_000,
  mostLimit: 10_000,
};

interface AliasRow {
  readonly model: number;
  readonly alias: string;
  readonly version: number;
}

export async function modelsOf(sql: Sql, rows: readonly ModelRow[]): Promise<readonly RegisteredModel[]> {
  const keys = rows.map(({ seq }) => seq);
  const tags = await wordsOf(sql, "model_tags", keys);
  const aliases = await allOf<AliasRow>(
    sql,
    "SELECT * FROM model_aliases WHERE model IN (@keys) ORDER BY model, alias",
    keys,
  );
  const newest = await allOf<{ model: number; version: number }>(
    sql,
    `SELECT model, MAX(version) AS version FROM model_versions
     WHERE model IN (@keys) AND removed_at IS NULL GROUP BY model`,
    keys,
  );
  const latest = new Map(newest.map(({ model, version }) => [model, version]));
  return rows.map((row) => {
    const version = latest.get(row.seq);
    const own = aliases.filter(({ model }) => model === row.seq);
    return {
      name: row.name,
      ...(row.description !== null && { description: row.description }),
      tags: tags(row.seq),
      aliases: Object.fromEntries(own.map(({ alias, version }) => [alias, version])),
      ...(version !== undefined && { latest: version }),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      ...(row.removed_at !== null && { removedAt: row.removed_at }),
    };
  });
}

export async function versionsOf(
  sql: Sql,
  rows: readonly ModelVersionRow[],
): Promise<readonly ModelVersion[]> {
  const tags = await wordsOf(
    sql,
    "model_version_tags",
    rows.map(({ seq }) => seq),
  );
  const aliases = await allOf<AliasRow>(
    sql,
    "SELECT * FROM model_aliases WHERE model IN (@keys) ORDER BY model, alias",
    [...new Set(rows.map(({ model }) => model))],
  );
  return rows.map((row) => ({
    name: row.model_name,
    version: row.version,
    ...(row.hash !== null && { hash: row.hash }),
    ...(row.blob !== null && { blob: row.blob }),
    ...(row.source !== null && { source: row.source }),
    ...(row.run_id !== null && { runId: row.run_id }),
    ...(row.logged_model_id !== null && { loggedModelId: row.logged_model_id }),
    ...(row.dataset_hash !== null && { datasetHash: row.dataset_hash }),
    ...(row.view_hash !== null && { viewHash: row.view_hash }),
    metrics: JSON.parse(row.metrics) as Record<string, number>,
    ...(row.document !== null && { document: JSON.parse(row.document) as JsonObject }),
    ...(row.description !== null && { description: row.description }),
    stage: row.stage,
    tags: tags(row.seq),
    aliases: aliases
      .filter(({ model, version }) => model === row.model && version === row.version)
      .map(({ alias }) => alias),
    user: row.user_name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.removed_at !== null && { removedAt: row.removed_at }),
  }));
}

export async function findModelRow(sql: Sql, name: string): Promise<ModelRow | undefined> {
  return sql.one<ModelRow>("SELECT * FROM models WHERE name = ?", [name]);
}

export async function mustFindModelRow(sql: Sql, name: string): Promise<ModelRow> {
  return (await findModelRow(sql, name)) ?? notFound("registered model", name);
}

export async function mustFindModel(sql: Sql, name: string): Promise<RegisteredModel> {
  const [model] = await modelsOf(sql, [await mustFindModelRow(sql, name)]);
  return model ?? notFound("registered model", name);
}

export async function findVersion(
  sql: Sql,
  name: string,
  version: number,
): Promise<ModelVersion | undefined> {
  const rows = await sql.all<ModelVersionRow>(
    `SELECT * FROM ${versions} WHERE t.model_name = ? AND t.version = ?`,
    [name, version],
  );
  const [found] = await versionsOf(sql, rows);
  return found;
}

export async function mustFindVersion(sql: Sql, name: string, version: number): Promise<ModelVersion> {
  return (await findVersion(sql, name, version)) ?? notFound("model version", `${name}@${version}`);
}
