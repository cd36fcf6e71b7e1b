import { canonicalJson } from "../canonical-json.ts";
import type { ModelStage, NewModelVersion } from "../models.ts";
import type { Sql } from "./database.ts";
import { addEdge } from "./edges.ts";
import { setWords } from "./owned-words.ts";
import { type Projections, projecting } from "./projection.ts";

interface Named {
  readonly name: string;
}

interface Versioned extends Named {
  readonly version: number;
}

type TagChanges = { readonly tags: Readonly<Record<string, string | null>> };

async function touchModel(sql: Sql, name: string, at: number): Promise<number> {
  const row = await sql.one<{ seq: number }>("SELECT seq FROM models WHERE name = ?", [name]);
  await sql.run("UPDATE models SET updated_at = ? WHERE name = ?", [at, name]);
  return row?.seq ?? 0;
}

async function touchVersion(sql: Sql, { name, version }: Versioned, at: number): Promise<number> {
  const model = await touchModel(sql, name, at);
  await sql.run("UPDATE model_versions SET updated_at = ? WHERE model = ? AND version = ?", [
    at,
    model,
    version,
  ]);
  const row = await sql.one<{ seq: number }>(
    "SELECT seq FROM model_versions WHERE model = ? AND version = ?",
    [model, version],
  );
  return row?.seq ?? 0;
}

async function linkVersion(sql: Sql, entry: number, version: NewModelVersion & Versioned): Promise<void> {
  const to = { kind: "model-version", id: `${version.name}@${version.version}` };
  const sources = [
    ["logged-model", version.loggedModelId, "registers"],
    ["run", version.runId, "yields"],
    ["dataset", version.datasetHash, "trains"],
    ["definition", version.viewHash, "feeds"],
  ] as const;
  for (const [kind, id, relation] of sources) {
    if (id !== undefined) await addEdge(sql, entry, { from: { kind, id }, to, relation });
  }
}

export const modelProjections: Projections = {
  "model.created": projecting<Named & { description?: string; tags?: Record<string, string> }>(
    async (sql, { name, description, tags }, { id: seq, at }) => {
      await sql.run("INSERT INTO models VALUES (?, ?, ?, ?, ?, NULL)", [
        seq,
        name,
        description ?? null,
        at,
        at,
      ]);
      await setWords(sql, "model_tags", seq, tags);
    },
  ),
  "model.described": projecting<Named & { description: string }>(
    async (sql, { name, description }, { at }) => {
      await touchModel(sql, name, at);
      await sql.run("UPDATE models SET description = ? WHERE name = ?", [description, name]);
    },
  ),
  "model.renamed": projecting<Named & { newName: string }>(async (sql, { name, newName }, { at }) => {
    const model = await touchModel(sql, name, at);
    await sql.run("UPDATE models SET name = ? WHERE seq = ?", [newName, model]);
    for (const { version } of await sql.all<{ version: number }>(
      "SELECT version FROM model_versions WHERE model = ?",
      [model],
    )) {
      const ids = [`${newName}@${version}`, `${name}@${version}`];
      await sql.run("UPDATE edges SET from_id = ? WHERE from_kind = 'model-version' AND from_id = ?", ids);
      await sql.run("UPDATE edges SET to_id = ? WHERE to_kind = 'model-version' AND to_id = ?", ids);
    }
    await sql.run("UPDATE deployments SET model = ? WHERE model = ?", [newName, name]);
  }),
  "model.tagged": projecting<Named & TagChanges>(async (sql, { name, tags }, { at }) =>
    setWords(sql, "model_tags", await touchModel(sql, name, at), tags),
  ),
  "model.removed": projecting<Named>(async (sql, { name }, { at }) => {
    await touchModel(sql, name, at);
    await sql.run("UPDATE models SET removed_at = ? WHERE name = ?", [at, name]);
  }),
  "model.restored": projecting<Named>(async (sql, { name }, { at }) => {
    await touchModel(sql, name, at);
    await sql.run("UPDATE models SET removed_at = NULL WHERE name = ?", [name]);
  }),
  "model.registered": projecting<NewModelVersion & Versioned & { user: string }>(
    async (sql, registered, { id: seq, at }) => {
      const { name, version, hash, blob, source, runId, loggedModelId, datasetHash, viewHash } = registered;
      const model = await touchModel(sql, name, at);
      await sql.run(
        "INSERT INTO model_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'candidate', ?, ?, ?, NULL)",
        [
          seq,
          model,
          version,
          hash ?? null,
          blob ?? null,
          source ?? null,
          runId ?? null,
          loggedModelId ?? null,
          datasetHash ?? null,
          viewHash ?? null,
          canonicalJson(registered.metrics ?? {}),
          registered.document === undefined ? null : canonicalJson(registered.document),
          registered.description ?? null,
          registered.user,
          at,
          at,
        ],
      );
      await setWords(sql, "model_version_tags", seq, registered.tags);
      await linkVersion(sql, seq, registered);
    },
  ),
  "model.version-described": projecting<Versioned & { description: string }>(async (sql, payload, { at }) => {
    const seq = await touchVersion(sql, payload, at);
    await sql.run("UPDATE model_versions SET description = ? WHERE seq = ?", [payload.description, seq]);
  }),
  "model.version-tagged": projecting<Versioned & TagChanges>(async (sql, payload, { at }) =>
    setWords(sql, "model_version_tags", await touchVersion(sql, payload, at), payload.tags),
  ),
  "model.staged": projecting<Versioned & { stage: ModelStage }>(async (sql, payload, { at }) => {
    const seq = await touchVersion(sql, payload, at);
    await sql.run("UPDATE model_versions SET stage = ? WHERE seq = ?", [payload.stage, seq]);
  }),
  "model.alias-set": projecting<Versioned & { alias: string }>(
    async (sql, { name, version, alias }, { at }) => {
      const model = await touchModel(sql, name, at);
      await sql.run(
        `INSERT INTO model_aliases VALUES (?, ?, ?) ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version`,
        [model, alias, version],
      );
    },
  ),
  "model.alias-removed": projecting<Named & { alias: string }>(async (sql, { name, alias }, { at }) => {
    const model = await touchModel(sql, name, at);
    await sql.run("DELETE FROM model_aliases WHERE model = ? AND alias = ?", [model, alias]);
  }),
  "model.version-removed": projecting<Versioned>(async (sql, payload, { at }) => {
    const seq = await touchVersion(sql, payload, at);
    await sql.run("UPDATE model_versions SET removed_at = ? WHERE seq = ?", [at, seq]);
    await sql.run(
      "DELETE FROM model_aliases WHERE model = (SELECT model FROM model_versions WHERE seq = ?) AND version = ?",
      [seq, payload.version],
    );
  }),
  "model.version-restored": projecting<Versioned>(async (sql, payload, { at }) => {
    const seq = await touchVersion(sql, payload, at);
    await sql.run("UPDATE model_versions SET removed_at = NULL WHERE seq = ?", [seq]);
  }),
};
