import { PawlError } from "@pawl/core";
import { checkName, checkTags, checkText } from "../checks.ts";
import type { Experiment, ExperimentQuery, Experiments, NewExperiment } from "../experiments.ts";
import type { Page } from "../words.ts";
import type { Sql } from "./database.ts";
import type { Change, Journal } from "./journal.ts";
import { notFound } from "./not-found.ts";
import { setWords, wordsOf } from "./owned-words.ts";
import { type Projections, projecting } from "./projection.ts";
import { type Searchable, searchRows } from "./search.ts";

interface ExperimentRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly artifact_location: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly removed_at: number | null;
}

const searchable: Searchable = {
  noun: "experiment",
  from: "experiments t",
  owner: "t.seq",
  attributes: {
    id: { column: "t.id", type: "text" },
    name: { column: "t.name", type: "text" },
    created_at: { column: "t.created_at", type: "number" },
    updated_at: { column: "t.updated_at", type: "number" },
  },
  keyed: { tag: { table: "experiment_tags", owner: "owner", type: "text" } },
  natural: [{ column: "t.seq", descending: true }],
  usualLimit: 1_000,
  mostLimit: 50_000,
};

interface Which {
  readonly id: string;
}

async function touch(sql: Sql, id: string, at: number): Promise<number> {
  const row = await sql.one<{ seq: number }>("SELECT seq FROM experiments WHERE id = ?", [id]);
  await sql.run("UPDATE experiments SET updated_at = ? WHERE id = ?", [at, id]);
  return row?.seq ?? 0;
}

export const experimentProjections: Projections = {
  "experiment.created": projecting<NewExperiment & Which>(async (sql, created, { id: seq, at }) => {
    const { id, name, artifactLocation, tags } = created;
    await sql.run("INSERT INTO experiments VALUES (?, ?, ?, ?, ?, ?, NULL)", [
      seq,
      id,
      name,
      artifactLocation ?? null,
      at,
      at,
    ]);
    await setWords(sql, "experiment_tags", seq, tags);
  }),
  "experiment.renamed": projecting<Which & { name: string }>(async (sql, { id, name }, { at }) => {
    await touch(sql, id, at);
    await sql.run("UPDATE experiments SET name = ? WHERE id = ?", [name, id]);
  }),
  "experiment.tagged": projecting<Which & { tags: Record<string, string | null> }>(
    async (sql, { id, tags }, { at }) => setWords(sql, "experiment_tags", await touch(sql, id, at), tags),
  ),
  "experiment.removed": projecting<Which>(async (sql, { id }, { id: entry, at }) => {
    await touch(sql, id, at);
    await sql.run("UPDATE experiments SET removed_at = ? WHERE id = ?", [at, id]);
    await sql.run(
      "UPDATE runs SET removed_at = ?, removed_with = ? WHERE experiment_id = ? AND removed_at IS NULL",
      [at, entry, id],
    );
  }),
  "experiment.restored": projecting<Which>(async (sql, { id }, { at }) => {
    await touch(sql, id, at);
    await sql.run("UPDATE experiments SET removed_at = NULL WHERE id = ?", [id]);
    // Only the runs that went with the experiment; one removed by itself stays removed.
    await sql.run(
      "UPDATE runs SET removed_at = NULL, removed_with = NULL WHERE experiment_id = ? AND removed_with IS NOT NULL",
      [id],
    );
  }),
};

async function experimentsOf(sql: Sql, rows: readonly ExperimentRow[]): Promise<readonly Experiment[]> {
  const tags = await wordsOf(
    sql,
    "experiment_tags",
    rows.map(({ seq }) => seq),
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    ...(row.artifact_location !== null && { artifactLocation: row.artifact_location }),
    tags: tags(row.seq),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.removed_at !== null && { removedAt: row.removed_at }),
  }));
}

async function find(sql: Sql, column: "id" | "name", value: string): Promise<Experiment | undefined> {
  const rows = await sql.all<ExperimentRow>(`SELECT * FROM experiments WHERE ${column} = ?`, [value]);
  const [experiment] = await experimentsOf(sql, rows);
  return experiment;
}

/** The experiment, live or removed; `not_found` otherwise. */
export async function mustFindExperiment(sql: Sql, id: string): Promise<Experiment> {
  return (await find(sql, "id", id)) ?? notFound("experiment", id);
}

async function checkFree(sql: Sql, name: string): Promise<void> {
  const taken = await find(sql, "name", name);
  if (taken === undefined) return;
  const state = taken.removedAt === undefined ? "" : ", removed";
  throw new PawlError("conflict", `There is an experiment named ${name} already.`, {
    found: `experiment ${taken.id}${state}`,
    expected: "a name no experiment has or had",
    next:
      taken.removedAt === undefined
        ? "Use it, or choose another name."
        : "Restore it, or choose another name.",
    details: { experimentId: taken.id },
  });
}

async function create(change: Change, wanted: NewExperiment): Promise<Experiment> {
  const { sql } = change;
  const { name, artifactLocation, tags = {} } = wanted;
  checkName("experiment name", name, 500);
  checkTags(tags);
  if (artifactLocation !== undefined) checkText("artifact location", artifactLocation, 4_000);
  await checkFree(sql, name);
  let { id } = wanted;
  if (id === undefined) {
    const count = await sql.one<{ id: number | null }>(
      "SELECT MAX(CAST(id AS BIGINT)) AS id FROM experiments",
    );
    id = String((count?.id ?? 0) + 1);
  } else if (!/^(0|[1-9]\d{0,14})$/.test(id)) {
    throw new PawlError("invalid_input", "The experiment's id is not usable.", {
      found: JSON.stringify(id),
      expected: "a whole number as text",
      next: "Leave the id out.",
    });
  } else if ((await find(sql, "id", id)) !== undefined) {
    throw new PawlError("conflict", `There is an experiment ${id} already.`, {
      found: id,
      expected: "a free id",
      next: "Leave the id out.",
    });
  }
  await change.record(
    "experiment.created",
    { kind: "experiment", name: id },
    { id, name, artifactLocation, tags },
  );
  return mustFindExperiment(sql, id);
}

async function search(sql: Sql, query: ExperimentQuery): Promise<Page<Experiment>> {
  const { rows, next } = await searchRows<ExperimentRow>(sql, searchable, query, null);
  return { items: await experimentsOf(sql, rows), ...(next !== undefined && { next }) };
}

export function sqlExperiments(journal: Journal): Experiments {
  const change = (
    id: string,
    kind: string,
    payload: (found: Experiment, change: Change) => Promise<object | undefined>,
  ) =>
    journal.change(async (change) => {
      const found = await mustFindExperiment(change.sql, id);
      const members = await payload(found, change);
      if (members === undefined) return found;
      await change.record(`experiment.${kind}`, { kind: "experiment", name: id }, { id, ...members });
      return mustFindExperiment(change.sql, id);
    });
  return {
    create: (experiment) => journal.change((change) => create(change, experiment)),
    get: (id) => journal.read((sql) => find(sql, "id", id)),
    byName: (name) => journal.read((sql) => find(sql, "name", name)),
    rename: (id, name) =>
      change(id, "renamed", async (found, { sql }) => {
        checkName("experiment name", name, 500);
        if (found.name === name) return undefined;
        await checkFree(sql, name);
        return { name };
      }),
    tag: (id, tags) =>
      change(id, "tagged", async () => {
        checkTags(tags, true);
        return { tags };
      }),
    remove: (id) => change(id, "removed", async (found) => (found.removedAt === undefined ? {} : undefined)),
    restore: (id) =>
      change(id, "restored", async (found) => (found.removedAt === undefined ? undefined : {})),
    search: (query = {}) => journal.read((sql) => search(sql, query)),
  };
}
