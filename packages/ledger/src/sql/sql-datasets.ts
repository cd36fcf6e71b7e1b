import { PawlError } from "@pawl/core";
import { canonicalJson } from "../canonical-json.ts";
import { checkHash, checkName, checkTags, checkWhole } from "../checks.ts";
import type { Dataset, DatasetQuery, DatasetRef, Datasets, FrozenDataset } from "../datasets.ts";
import type { Json, JsonObject, Page, Tags } from "../words.ts";
import { contains, equal, piece, where } from "./conditions.ts";
import { pageLimit, questionMark, readCursor, writeCursor } from "./cursor.ts";
import type { Sql } from "./database.ts";
import { addEdge } from "./edges.ts";
import type { Change, Journal } from "./journal.ts";
import { notFound } from "./not-found.ts";
import { type Projections, projecting } from "./projection.ts";

interface DatasetRow {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly schema: string;
  readonly row_count: number;
  readonly files: string;
  readonly spine: string;
  readonly view_hash: string | null;
  readonly as_of: number | null;
  readonly split: string | null;
  readonly report: string | null;
  readonly tags: string;
  readonly created_at: number;
  readonly removed_at: number | null;
}

function datasetOf(row: DatasetRow): Dataset {
  return {
    name: row.name,
    version: row.version,
    hash: row.hash,
    schema: JSON.parse(row.schema) as Dataset["schema"],
    rows: row.row_count,
    files: JSON.parse(row.files) as Dataset["files"],
    spine: JSON.parse(row.spine) as JsonObject,
    ...(row.view_hash !== null && { viewHash: row.view_hash }),
    ...(row.as_of !== null && { asOf: row.as_of }),
    ...(row.split !== null && { split: JSON.parse(row.split) as JsonObject }),
    ...(row.report !== null && { report: JSON.parse(row.report) as Json }),
    tags: JSON.parse(row.tags) as Tags,
    createdAt: row.created_at,
    ...(row.removed_at !== null && { removedAt: row.removed_at }),
  };
}

interface Which {
  readonly name: string;
  readonly version: number;
}

export const datasetProjections: Projections = {
  "dataset.frozen": projecting<FrozenDataset & Which>(async (sql, dataset, { id, at }) => {
    const { hash, viewHash, split, report } = dataset;
    await sql.run("INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", [
      dataset.name,
      dataset.version,
      hash,
      canonicalJson(dataset.schema),
      dataset.rows,
      canonicalJson(dataset.files),
      canonicalJson(dataset.spine),
      viewHash ?? null,
      dataset.asOf ?? null,
      split === undefined ? null : canonicalJson(split),
      report === undefined ? null : canonicalJson(report),
      canonicalJson(dataset.tags ?? {}),
      at,
    ]);
    if (viewHash !== undefined) {
      const from = { kind: "definition", id: viewHash };
      await addEdge(sql, id, { from, to: { kind: "dataset", id: hash }, relation: "fills" });
    }
  }),
  "dataset.tagged": projecting<Which & { tags: Tags }>(async (sql, { name, version, tags }) => {
    await sql.run("UPDATE datasets SET tags = ? WHERE name = ? AND version = ?", [
      canonicalJson(tags),
      name,
      version,
    ]);
  }),
  "dataset.removed": projecting<Which>(async (sql, { name, version }, { at }) => {
    await sql.run("UPDATE datasets SET removed_at = ? WHERE name = ? AND version = ?", [at, name, version]);
  }),
  "dataset.restored": projecting<Which>(async (sql, { name, version }) => {
    await sql.run("UPDATE datasets SET removed_at = NULL WHERE name = ? AND version = ?", [name, version]);
  }),
};

async function find(sql: Sql, { name, version }: DatasetRef): Promise<Dataset | undefined> {
  const row =
    version === undefined
      ? await sql.one<DatasetRow>(
          "SELECT * FROM datasets WHERE name = ? AND removed_at IS NULL ORDER BY version DESC LIMIT 1",
          [name],
        )
      : await sql.one<DatasetRow>("SELECT * FROM datasets WHERE name = ? AND version = ?", [name, version]);
  return row && datasetOf(row);
}

async function mustFind(sql: Sql, ref: DatasetRef): Promise<Dataset> {
  const version = ref.version === undefined ? "" : ` v${ref.version}`;
  return (await find(sql, ref)) ?? notFound("dataset", `${ref.name}${version}`);
}

function checkFrozen(dataset: FrozenDataset): void {
  checkName("name of the dataset", dataset.name);
  checkHash("hash of the dataset", dataset.hash);
  checkWhole("number of rows", dataset.rows);
  if (dataset.viewHash !== undefined) checkHash("hash of the view", dataset.viewHash);
  for (const file of dataset.files) {
    checkName("file's URI", file.uri, 4_000);
    checkHash(`hash of ${file.uri}`, file.sha256);
    checkWhole(`size of ${file.uri}`, file.bytes);
  }
  checkTags(dataset.tags ?? {});
}

async function freeze(change: Change, frozen: FrozenDataset): Promise<Dataset> {
  checkFrozen(frozen);
  const { sql } = change;
  const same = await sql.one<DatasetRow>(
    "SELECT * FROM datasets WHERE hash = ? ORDER BY created_at LIMIT 1",
    [frozen.hash],
  );
  if (same !== undefined) {
    const before = datasetOf(same);
    const differs =
      before.rows !== frozen.rows
        ? "rows"
        : canonicalJson(before.schema) !== canonicalJson(frozen.schema)
          ? "schema"
          : before.viewHash !== frozen.viewHash
            ? "view"
            : undefined;
    if (differs !== undefined) {
      throw new PawlError("bad_data", "The dataset's hash belongs to another dataset.", {
        found: `other ${differs} than ${before.name} v${before.version}, with the same hash`,
        expected: "one hash for one content",
        next: "Compute the hash over rows, schema and view.",
      });
    }
  }
  const known = await sql.one<DatasetRow>(
    "SELECT * FROM datasets WHERE name = ? AND hash = ? ORDER BY version DESC LIMIT 1",
    [frozen.name, frozen.hash],
  );
  if (known !== undefined) {
    if (known.removed_at === null) return datasetOf(known);
    const { name, version } = known;
    await change.record("dataset.restored", subject(datasetOf(known)), { name, version });
    return mustFind(sql, { name, version });
  }
  const newest = await sql.one<{ version: number | null }>(
    "SELECT MAX(version) AS version FROM datasets WHERE name = ?",
    [frozen.name],
  );
  const version = (newest?.version ?? 0) + 1;
  const { name, hash, schema, rows, files, spine, viewHash, asOf, split, report, tags } = frozen;
  await change.record(
    "dataset.frozen",
    { kind: "dataset", name, version, hash },
    { name, version, hash, schema, rows, files, spine, viewHash, asOf, split, report, tags },
  );
  return mustFind(sql, { name, version });
}

function subject({ name, version, hash }: Dataset) {
  return { kind: "dataset", name, version, hash };
}

async function list(sql: Sql, query: DatasetQuery): Promise<Page<Dataset>> {
  const { cursor, limit: _, ...question } = query;
  const limit = pageLimit(query, 100, 1_000);
  const mark = questionMark(["datasets", question]);
  const after = cursor === undefined ? undefined : readCursor(cursor, mark, 2);
  const [name = null, version = null] = after ?? [];
  const { text, values } = where([
    equal("name", query.name),
    equal("view_hash", query.viewHash),
    contains("name", query.search),
    query.presence === "both"
      ? undefined
      : piece(query.presence === "removed" ? "removed_at IS NOT NULL" : "removed_at IS NULL"),
    after && piece("name > ? OR (name = ? AND version < ?)", name, name, version),
  ]);
  const found = await sql.all<DatasetRow>(
    `SELECT * FROM datasets ${text} ORDER BY name, version DESC LIMIT ?`,
    [...values, limit + 1],
  );
  const items = found.slice(0, limit).map(datasetOf);
  const last = items.at(-1);
  return {
    items,
    ...(found.length > limit && last && { next: writeCursor(mark, [last.name, last.version]) }),
  };
}

export function sqlDatasets(journal: Journal): Datasets {
  const change = (what: "removed" | "restored", ref: Required<DatasetRef>): Promise<Dataset> =>
    journal.change(async (change) => {
      const dataset = await mustFind(change.sql, ref);
      if ((dataset.removedAt !== undefined) === (what === "removed")) return dataset;
      await change.record(`dataset.${what}`, subject(dataset), { name: ref.name, version: ref.version });
      return mustFind(change.sql, ref);
    });
  return {
    freeze: (dataset) => journal.change((change) => freeze(change, dataset)),
    get: (ref) => journal.read((sql) => find(sql, ref)),
    byHash: (hash) =>
      journal.read(async (sql) => {
        const row = await sql.one<DatasetRow>(
          "SELECT * FROM datasets WHERE hash = ? ORDER BY created_at, name LIMIT 1",
          [hash],
        );
        return row && datasetOf(row);
      }),
    list: (query = {}) => journal.read((sql) => list(sql, query)),
    tag: (ref, tags) =>
      journal.change(async (change) => {
        checkTags(tags, true);
        const dataset = await mustFind(change.sql, ref);
        const all = Object.entries({ ...dataset.tags, ...tags }).filter(([, value]) => value !== null);
        const { name, version } = dataset;
        await change.record("dataset.tagged", subject(dataset), {
          name,
          version,
          tags: Object.fromEntries(all),
        });
        return mustFind(change.sql, { name, version });
      }),
    remove: (ref) => change("removed", ref),
    restore: (ref) => change("restored", ref),
  };
}
