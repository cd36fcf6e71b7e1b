import { PawlError } from "@pawl/core";
import { checkName, checkParams, checkTags, checkText, checkWord } from "../checks.ts";
import { inventName } from "../invent-name.ts";
import type {
  LoggedModel,
  LoggedModelQuery,
  LoggedModelStatus,
  LoggedModels,
  NewLoggedModel,
} from "../logged-models.ts";
import type { Page } from "../words.ts";
import { allOf, oneOf } from "./conditions.ts";
import type { Sql } from "./database.ts";
import { addEdge } from "./edges.ts";
import { type Change, type Journal, newId } from "./journal.ts";
import { type MetricRow, metricOf } from "./metric-rows.ts";
import { notFound } from "./not-found.ts";
import { setWords, wordsOf } from "./owned-words.ts";
import { type Projections, projecting } from "./projection.ts";
import { mustFindRun } from "./run-rows.ts";
import { type Searchable, searchRows } from "./search.ts";
import { mustFindExperiment } from "./sql-experiments.ts";

interface LoggedModelRow {
  readonly seq: number;
  readonly id: string;
  readonly experiment_id: string;
  readonly name: string;
  readonly type: string | null;
  readonly source_run_id: string | null;
  readonly status: LoggedModelStatus;
  readonly status_message: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly removed_at: number | null;
}

const searchable: Searchable = {
  noun: "logged model",
  from: "logged_models t",
  owner: "t.seq",
  attributes: {
    id: { column: "t.id", type: "text" },
    name: { column: "t.name", type: "text" },
    status: { column: "t.status", type: "text" },
    type: { column: "t.type", type: "text" },
    source_run_id: { column: "t.source_run_id", type: "text" },
    experiment_id: { column: "t.experiment_id", type: "text" },
    created_at: { column: "t.created_at", type: "number" },
    updated_at: { column: "t.updated_at", type: "number" },
  },
  keyed: {
    // One value per key: the latest over all datasets, as for runs.
    metric: { table: "logged_model_latest", owner: "model", type: "number" },
    param: { table: "logged_model_params", owner: "owner", type: "text" },
    tag: { table: "logged_model_tags", owner: "owner", type: "text" },
  },
  natural: [
    { column: "t.created_at", descending: true },
    { column: "t.seq", descending: true },
  ],
  usualLimit: 100,
  mostLimit: 1_000,
};

interface Which {
  readonly id: string;
}

type Decided = NewLoggedModel & Required<Pick<NewLoggedModel, "id" | "name">>;

async function touch(sql: Sql, id: string, at: number): Promise<number> {
  const row = await sql.one<{ seq: number }>("SELECT seq FROM logged_models WHERE id = ?", [id]);
  await sql.run("UPDATE logged_models SET updated_at = ? WHERE id = ?", [at, id]);
  return row?.seq ?? 0;
}

export const loggedModelProjections: Projections = {
  "logged-model.created": projecting<Decided>(async (sql, model, { id: seq, at }) => {
    const { id, experimentId, name, type, sourceRunId, params, tags } = model;
    await sql.run("INSERT INTO logged_models VALUES (?, ?, ?, ?, ?, ?, 'pending', NULL, ?, ?, NULL)", [
      seq,
      id,
      experimentId,
      name,
      type ?? null,
      sourceRunId ?? null,
      at,
      at,
    ]);
    await setWords(sql, "logged_model_params", seq, params);
    await setWords(sql, "logged_model_tags", seq, tags);
    if (sourceRunId !== undefined) {
      const from = { kind: "run", id: sourceRunId };
      await addEdge(sql, seq, { from, to: { kind: "logged-model", id }, relation: "yields" });
    }
  }),
  "logged-model.finished": projecting<Which & { status: LoggedModelStatus; message?: string }>(
    async (sql, { id, status, message }, { at }) => {
      await touch(sql, id, at);
      await sql.run("UPDATE logged_models SET status = ?, status_message = ? WHERE id = ?", [
        status,
        message ?? null,
        id,
      ]);
    },
  ),
  "logged-model.logged": projecting<Which & { params: Record<string, string> }>(
    async (sql, { id, params }, { at }) =>
      setWords(sql, "logged_model_params", await touch(sql, id, at), params),
  ),
  "logged-model.tagged": projecting<Which & { tags: Record<string, string | null> }>(
    async (sql, { id, tags }, { at }) => setWords(sql, "logged_model_tags", await touch(sql, id, at), tags),
  ),
  "logged-model.removed": projecting<Which>(async (sql, { id }, { at }) => {
    await sql.run("UPDATE logged_models SET removed_at = ?, updated_at = ? WHERE id = ?", [at, at, id]);
  }),
  "logged-model.restored": projecting<Which>(async (sql, { id }, { at }) => {
    await sql.run("UPDATE logged_models SET removed_at = NULL, updated_at = ? WHERE id = ?", [at, id]);
  }),
};

async function loggedModelsOf(sql: Sql, rows: readonly LoggedModelRow[]): Promise<readonly LoggedModel[]> {
  const keys = rows.map(({ seq }) => seq);
  const params = await wordsOf(sql, "logged_model_params", keys);
  const tags = await wordsOf(sql, "logged_model_tags", keys);
  const metrics = await allOf<MetricRow & { model: number; run_id: string }>(
    sql,
    `SELECT m.*, r.id AS run_id FROM logged_model_metrics m JOIN runs r ON r.seq = m.run
     WHERE m.model IN (@keys) ORDER BY m.model, m.key, m.dataset_name, m.dataset_digest`,
    keys,
  );
  const metricsOf = (row: LoggedModelRow): LoggedModel["metrics"] =>
    metrics
      .filter(({ model }) => model === row.seq)
      .map(({ run_id, dataset_name, dataset_digest, ...metric }) => ({
        ...metricOf({
          ...metric,
          // The primary key cannot hold nulls, so "" stands for no dataset.
          dataset_name: dataset_name || null,
          dataset_digest: dataset_digest || null,
          model_id: row.id,
        }),
        runId: run_id,
      }));
  return rows.map((row) => ({
    id: row.id,
    experimentId: row.experiment_id,
    name: row.name,
    ...(row.type !== null && { type: row.type }),
    ...(row.source_run_id !== null && { sourceRunId: row.source_run_id }),
    status: row.status,
    ...(row.status_message !== null && { statusMessage: row.status_message }),
    params: params(row.seq),
    tags: tags(row.seq),
    metrics: metricsOf(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.removed_at !== null && { removedAt: row.removed_at }),
  }));
}

async function find(sql: Sql, id: string): Promise<LoggedModel | undefined> {
  const rows = await sql.all<LoggedModelRow>("SELECT * FROM logged_models WHERE id = ?", [id]);
  const [model] = await loggedModelsOf(sql, rows);
  return model;
}

async function mustFind(sql: Sql, id: string): Promise<LoggedModel> {
  return (await find(sql, id)) ?? notFound("logged model", id);
}

async function create(change: Change, wanted: NewLoggedModel): Promise<LoggedModel> {
  const { sql } = change;
  const { experimentId, type, sourceRunId, params = {}, tags = {} } = wanted;
  const id = wanted.id ?? `m-${newId(change)}`;
  if (!/^m-[0-9a-f]{32}$/.test(id)) {
    throw new PawlError("invalid_input", "The logged model's id is not usable.", {
      found: JSON.stringify(id),
      expected: '"m-" and 32 lower-case hex digits',
      next: "Leave the id out.",
    });
  }
  const name = wanted.name ?? inventName(change.random);
  checkName("name of the logged model", name, 500);
  if (type !== undefined) checkText("type of the logged model", type, 500);
  checkParams(params);
  checkTags(tags);
  await mustFindExperiment(sql, experimentId);
  if (sourceRunId !== undefined) await mustFindRun(sql, sourceRunId);
  if ((await find(sql, id)) !== undefined) {
    throw new PawlError("conflict", `There is a logged model ${id} already.`, {
      found: id,
      expected: "a free id",
      next: "Leave the id out.",
    });
  }
  await change.record(
    "logged-model.created",
    { kind: "logged-model", name: id },
    { id, experimentId, name, type, sourceRunId, params, tags },
  );
  return mustFind(sql, id);
}

async function search(sql: Sql, query: LoggedModelQuery): Promise<Page<LoggedModel>> {
  const { experimentIds } = query;
  const within = experimentIds && oneOf("t.experiment_id", experimentIds);
  const { rows, next } = await searchRows<LoggedModelRow>(sql, searchable, query, experimentIds ?? null, [
    within,
  ]);
  return { items: await loggedModelsOf(sql, rows), ...(next !== undefined && { next }) };
}

export function sqlLoggedModels(journal: Journal): LoggedModels {
  const change = (
    id: string,
    kind: string,
    payload: (found: LoggedModel) => object | undefined,
  ): Promise<LoggedModel> =>
    journal.change(async (change) => {
      const members = payload(await mustFind(change.sql, id));
      if (members !== undefined) {
        await change.record(`logged-model.${kind}`, { kind: "logged-model", name: id }, { id, ...members });
      }
      return mustFind(change.sql, id);
    });
  return {
    create: (model) => journal.change((change) => create(change, model)),
    get: (id) => journal.read((sql) => find(sql, id)),
    finish: (id, status, message) =>
      change(id, "finished", (found) => {
        checkWord("status", status, ["ready", "failed"]);
        if (found.status === status) return undefined;
        if (found.status === "pending") return { status, message };
        throw new PawlError("conflict", `Logged model ${found.name} is ${found.status} already.`, {
          found: found.status,
          expected: "a pending model",
          next: "Log another model.",
        });
      }),
    logParams: (id, params) =>
      change(id, "logged", (found) => {
        checkParams(params);
        for (const [key, value] of Object.entries(params)) {
          const before = Object.hasOwn(found.params, key) ? found.params[key] : undefined;
          if (before === undefined || before === value) continue;
          throw new PawlError("conflict", `Param ${key} of ${found.name} has another value already.`, {
            found: `${JSON.stringify(value.slice(0, 200))}, after ${JSON.stringify(before.slice(0, 200))}`,
            expected: "one value for each param",
            next: "Log another model, or use another key.",
          });
        }
        return { params };
      }),
    tag: (id, tags) =>
      change(id, "tagged", () => {
        checkTags(tags, true);
        return { tags };
      }),
    remove: (id) => change(id, "removed", (found) => (found.removedAt === undefined ? {} : undefined)),
    restore: (id) => change(id, "restored", (found) => (found.removedAt === undefined ? undefined : {})),
    search: (query = {}) => journal.read((sql) => search(sql, query)),
  };
}
