import { PawlError } from "@pawl/core";
import { checkHash, checkName, checkParams, checkTags, checkText, checkWhole, checkWord } from "../checks.ts";
import { inventName } from "../invent-name.ts";
import type {
  NewRun,
  Run,
  RunDataset,
  RunLog,
  RunModel,
  RunQuery,
  Runs,
  RunStatus,
  RunUpdate,
} from "../runs.ts";
import type { Subject } from "../timeline.ts";
import type { Page } from "../words.ts";
import { allOf, oneOf, type Piece, piece } from "./conditions.ts";
import type { Sql } from "./database.ts";
import { type Change, type Journal, newId } from "./journal.ts";
import { checkMetric, metricPayload } from "./metric-rows.ts";
import { notFound } from "./not-found.ts";
import {
  type RunChangedPayload,
  type RunLinksPayload,
  type RunLogPayload,
  runChangeKind,
  type StartedRun,
} from "./run-projections.ts";
import {
  findRun,
  mustFindRun,
  type RunDatasetRow,
  type RunRow,
  runDatasetOf,
  runsOf,
  searchableRuns,
} from "./run-rows.ts";
import { searchRows } from "./search.ts";
import { mustFindExperiment } from "./sql-experiments.ts";
import { sqlMetrics } from "./sql-metrics.ts";

/** What may follow each status. The same status again is always allowed and changes nothing. */
const successors: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  scheduled: ["running", "failed", "killed"],
  running: ["finished", "failed", "killed"],
  finished: ["running"],
  failed: ["running"],
  killed: ["running"],
};

const ends: ReadonlySet<RunStatus> = new Set(["finished", "failed", "killed"]);

/** Metrics in one `log` at most, so that one call never holds the ledger for long. */
const mostMetrics = 10_000;

const subjectOf = (id: string): Subject => ({ kind: "run", name: id });

async function mustFind(sql: Sql, id: string): Promise<Run> {
  return (await findRun(sql, id)) ?? notFound("run", id);
}

/** A run that may be written to. */
async function mustFindLive(sql: Sql, id: string): Promise<RunRow> {
  const row = await mustFindRun(sql, id);
  if (row.removed_at === null) return row;
  throw new PawlError("conflict", `Run ${row.name} was removed.`, {
    found: `run ${id}, removed`,
    expected: "a run that is not removed",
    next: "Restore it first.",
  });
}

async function checkModels(sql: Sql, models: Iterable<string>): Promise<void> {
  for (const id of new Set(models)) {
    if ((await sql.one("SELECT 1 AS hit FROM logged_models WHERE id = ?", [id])) === undefined) {
      notFound("logged model", id);
    }
  }
}

async function start(change: Change, wanted: NewRun): Promise<Run> {
  const { sql } = change;
  const { params = {}, tags = {}, environment = {}, status = "running" } = wanted;
  const id = wanted.id ?? newId(change);
  if (!/^[0-9a-f]{32}$/.test(id)) {
    throw new PawlError("invalid_input", "The run's id is not usable.", {
      found: JSON.stringify(id),
      expected: "32 lower-case hex digits",
      next: "Leave the id out.",
    });
  }
  checkParams(params);
  checkTags(tags);
  checkWord("status of a new run", status, ["scheduled", "running"]);
  const name = wanted.name ?? inventName(change.random);
  checkName("name of the run", name, 1_000);
  const startedAt = wanted.startedAt ?? change.at;
  checkWhole("start of the run", startedAt, Number.MIN_SAFE_INTEGER);
  if (wanted.seed !== undefined) checkWhole("seed", wanted.seed, Number.MIN_SAFE_INTEGER);
  const user = wanted.user ?? change.actor.name;
  checkText("user", user, 250);
  const experiment = await mustFindExperiment(sql, wanted.experimentId);
  if (experiment.removedAt !== undefined) {
    throw new PawlError("conflict", `Experiment ${experiment.name} was removed.`, {
      found: `experiment ${experiment.id}, removed`,
      expected: "an experiment that is not removed",
      next: "Restore it, or use another.",
    });
  }
  if ((await sql.one("SELECT 1 AS hit FROM runs WHERE id = ?", [id])) !== undefined) {
    throw new PawlError("conflict", `There is a run ${id} already.`, {
      found: id,
      expected: "a free id",
      next: "Leave the id out.",
    });
  }
  const { experimentId, seed, codeVersion, datasetHash, parentId } = wanted;
  if (datasetHash !== undefined) {
    checkHash("hash of the dataset", datasetHash);
    const known = await sql.one("SELECT 1 AS hit FROM datasets WHERE hash = ?", [datasetHash]);
    if (known === undefined) notFound("dataset", datasetHash);
  }
  if (parentId !== undefined) await mustFindRun(sql, parentId);
  const decided: StartedRun = {
    id,
    experimentId,
    name,
    status,
    user,
    startedAt,
    params,
    tags,
    environment,
    ...(seed !== undefined && { seed }),
    ...(codeVersion !== undefined && { codeVersion }),
    ...(datasetHash !== undefined && { datasetHash }),
    ...(parentId !== undefined && { parentId }),
  };
  await change.record("run.started", subjectOf(id), decided);
  return mustFind(sql, id);
}

async function update(change: Change, id: string, wanted: RunUpdate): Promise<Run> {
  const { sql } = change;
  const row = await mustFindLive(sql, id);
  const { name, status } = wanted;
  if (name !== undefined) checkName("name of the run", name, 1_000);
  if (wanted.endedAt !== undefined) checkWhole("end of the run", wanted.endedAt, Number.MIN_SAFE_INTEGER);
  if (status !== undefined) checkWord("status", status, Object.keys(successors) as RunStatus[]);
  if (status !== undefined && status !== row.status && !successors[row.status].includes(status)) {
    throw new PawlError("conflict", `A run that is ${row.status} cannot become ${status}.`, {
      found: `run ${row.name}, ${row.status}`,
      expected: `${successors[row.status].join(" or ")} next`,
      next: ends.has(row.status) ? "Resume it (running) first." : "Start it first.",
    });
  }
  const changesStatus = status !== undefined && status !== row.status;
  const implied = changesStatus ? (ends.has(status) ? change.at : null) : undefined;
  const endedAt = wanted.endedAt ?? implied;
  const payload: RunChangedPayload = {
    id,
    ...(name !== undefined && name !== row.name && { name }),
    ...(changesStatus && { status }),
    ...(endedAt !== undefined && endedAt !== row.ended_at && { endedAt }),
  };
  if (Object.keys(payload).length > 1) await change.record(runChangeKind(payload), subjectOf(id), payload);
  return mustFind(sql, id);
}

/** Params that are new; `conflict` for one that has another value already. */
async function newParams(
  sql: Sql,
  run: RunRow,
  params: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const wanted: [string, string][] = [];
  for (const [key, value] of Object.entries(params)) {
    const here = await sql.one<{ value: string }>(
      "SELECT value FROM run_params WHERE owner = ? AND key = ?",
      [run.seq, key],
    );
    if (here === undefined) wanted.push([key, value]);
    else if (here.value !== value) {
      throw new PawlError("conflict", `Param ${key} of run ${run.name} has another value already.`, {
        found: `${JSON.stringify(value.slice(0, 200))}, after ${JSON.stringify(here.value.slice(0, 200))}`,
        expected: "one value for each param of a run",
        next: "Start another run, or log it under another key.",
        details: { key, before: here.value, now: value },
      });
    }
  }
  return Object.fromEntries(wanted);
}

async function log(
  change: Change,
  id: string,
  { metrics = [], params = {}, tags = {} }: RunLog,
): Promise<void> {
  const { sql } = change;
  if (metrics.length > mostMetrics) {
    throw new PawlError("invalid_input", "There are too many metrics in one call.", {
      found: String(metrics.length),
      expected: `at most ${mostMetrics}`,
      next: "Log them in several calls.",
    });
  }
  for (const metric of metrics) checkMetric(metric);
  checkParams(params);
  checkTags(tags, true);
  const run = await mustFindLive(sql, id);
  await checkModels(
    sql,
    metrics.flatMap(({ modelId }) => modelId ?? []),
  );
  const fresh = await newParams(sql, run, params);
  const payload: RunLogPayload = {
    id,
    ...(metrics.length > 0 && { metrics: metrics.map(metricPayload) }),
    ...(Object.keys(fresh).length > 0 && { params: fresh }),
    ...(Object.keys(tags).length > 0 && { tags }),
  };
  if (Object.keys(payload).length > 1) await change.record("run.logged", subjectOf(id), payload);
}

function checkRunDataset(dataset: RunDataset): void {
  checkName("dataset name", dataset.name, 500);
  checkName("dataset digest", dataset.digest, 64);
  if (dataset.hash !== undefined) checkHash("hash of the dataset", dataset.hash);
  if (dataset.source !== undefined) checkText("dataset source", dataset.source, 65_535);
  if (dataset.schema !== undefined) checkText("dataset schema", dataset.schema, 1_048_575);
  if (dataset.profile !== undefined) checkText("dataset profile", dataset.profile, 16_777_215);
  checkTags(dataset.tags ?? {});
}

async function link(
  change: Change,
  id: string,
  links: {
    readonly datasets?: readonly RunDataset[];
    readonly inputs?: readonly RunModel[];
    readonly outputs?: readonly RunModel[];
  },
): Promise<void> {
  await mustFindLive(change.sql, id);
  const { datasets = [], inputs = [], outputs = [] } = links;
  for (const dataset of datasets) checkRunDataset(dataset);
  await checkModels(
    change.sql,
    [...inputs, ...outputs].map(({ modelId }) => modelId),
  );
  const payload: RunLinksPayload = {
    id,
    ...(datasets.length > 0 && { datasets }),
    ...(inputs.length > 0 && { inputs }),
    ...(outputs.length > 0 && { outputs }),
  };
  if (Object.keys(payload).length > 1) await change.record("run.linked", subjectOf(id), payload);
}

/** Which experiments a question covers: those named, or all that are not removed. */
function within(experimentIds: readonly string[] | undefined): Piece {
  return experimentIds === undefined
    ? piece("t.experiment_id IN (SELECT id FROM experiments WHERE removed_at IS NULL)")
    : oneOf("t.experiment_id", experimentIds);
}

async function search(sql: Sql, query: RunQuery): Promise<Page<Run>> {
  const { experimentIds } = query;
  const { rows, next } = await searchRows<RunRow>(sql, searchableRuns, query, experimentIds ?? null, [
    within(experimentIds),
  ]);
  return { items: await runsOf(sql, rows), ...(next !== undefined && { next }) };
}

export function sqlRuns(journal: Journal): Runs {
  const flip = (id: string, what: "removed" | "restored"): Promise<Run> =>
    journal.change(async (change) => {
      const run = await mustFindRun(change.sql, id);
      if ((run.removed_at !== null) !== (what === "removed")) {
        await change.record(`run.${what}`, subjectOf(id), { id });
      }
      return mustFind(change.sql, id);
    });
  return {
    ...sqlMetrics(journal),
    start: (run) => journal.change((change) => start(change, run)),
    get: (id) => journal.read((sql) => findRun(sql, id)),
    update: (id, wanted) => journal.change((change) => update(change, id, wanted)),
    log: (id, entry) => journal.change((change) => log(change, id, entry), { durable: false }),
    logInputs: (id, { datasets = [], models = [] }) =>
      journal.change((change) => link(change, id, { datasets, inputs: models })),
    logOutputs: (id, models) => journal.change((change) => link(change, id, { outputs: models })),
    remove: (id) => flip(id, "removed"),
    restore: (id) => flip(id, "restored"),
    search: (query = {}) => journal.read((sql) => search(sql, query)),
    datasetsOf: (experimentIds) =>
      journal.read(async (sql) => {
        const rows = await allOf<RunDatasetRow & { experiment_id: string }>(
          sql,
          `SELECT DISTINCT r.experiment_id, d.name, d.digest, d.hash, d.source_type, d.source, d.schema,
             d.profile, d.tags FROM runs r JOIN run_datasets d ON d.run = r.seq
           WHERE r.experiment_id IN (@keys) AND r.removed_at IS NULL ORDER BY r.experiment_id, d.name, d.digest`,
          [...new Set(experimentIds)],
        );
        return rows.map((row) => ({ experimentId: row.experiment_id, ...runDatasetOf(row) }));
      }),
  };
}
