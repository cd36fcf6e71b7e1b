import { PawlError } from "@pawl/core";
import { canonicalJson } from "../canonical-json.ts";
import { checkHash, checkName, checkText, checkWhole, checkWord } from "../checks.ts";
import type {
  Deployment,
  DeploymentQuery,
  DeploymentRole,
  Deployments,
  NewDeployment,
} from "../deployments.ts";
import type { JsonObject, Page } from "../words.ts";
import { equal, type Piece, piece, where } from "./conditions.ts";
import { pageLimit, questionMark, readCursor, writeCursor } from "./cursor.ts";
import type { Sql } from "./database.ts";
import { addEdge } from "./edges.ts";
import { type Change, type Journal, newId } from "./journal.ts";
import { mustFindVersion } from "./model-rows.ts";
import { notFound } from "./not-found.ts";
import { type Projections, projecting } from "./projection.ts";

interface DeploymentRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly role: DeploymentRole;
  readonly model: string;
  readonly version: number;
  readonly endpoint: string | null;
  readonly licence: string | null;
  readonly settings: string;
  readonly since: number;
  readonly until: number | null;
}

function deploymentOf(row: DeploymentRow): Deployment {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    model: row.model,
    version: row.version,
    ...(row.endpoint !== null && { endpoint: row.endpoint }),
    ...(row.licence !== null && { licence: row.licence }),
    settings: JSON.parse(row.settings) as JsonObject,
    since: row.since,
    ...(row.until !== null && { until: row.until }),
  };
}

export const deploymentProjections: Projections = {
  "deployment.started": projecting<NewDeployment & { id: string }>(
    async (sql, deployment, { id: seq, at }) => {
      const { id, name, role, model, version, endpoint, licence, settings } = deployment;
      await sql.run("INSERT INTO deployments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", [
        seq,
        id,
        name,
        role,
        model,
        version,
        endpoint ?? null,
        licence ?? null,
        canonicalJson(settings ?? {}),
        at,
      ]);
      const from = { kind: "model-version", id: `${model}@${version}` };
      await addEdge(sql, seq, { from, to: { kind: "deployment", id }, relation: "serves" });
    },
  ),
  "deployment.stopped": projecting<{ id: string }>(async (sql, { id }, { at }) => {
    await sql.run("UPDATE deployments SET until = ? WHERE id = ?", [at, id]);
  }),
};

async function find(sql: Sql, id: string): Promise<Deployment | undefined> {
  const row = await sql.one<DeploymentRow>("SELECT * FROM deployments WHERE id = ?", [id]);
  return row && deploymentOf(row);
}

async function mustFind(sql: Sql, id: string): Promise<Deployment> {
  return (await find(sql, id)) ?? notFound("deployment", id);
}

async function stop(change: Change, { id, name }: Deployment): Promise<void> {
  await change.record("deployment.stopped", { kind: "deployment", name }, { id });
}

async function start(change: Change, wanted: NewDeployment): Promise<Deployment> {
  const { sql } = change;
  const { name, role, model, version, endpoint, licence, settings = {} } = wanted;
  checkName("name of the deployment", name);
  checkWord("role", role, ["champion", "challenger", "shadow", "canary"]);
  checkWhole("version", version, 1);
  if (endpoint !== undefined) checkText("endpoint", endpoint, 4_000);
  if (licence !== undefined) checkHash("hash of the licence", licence);
  const { removedAt } = await mustFindVersion(sql, model, version);
  const gone = await sql.one("SELECT 1 AS hit FROM models WHERE name = ? AND removed_at IS NOT NULL", [
    model,
  ]);
  if (removedAt !== undefined || gone !== undefined) {
    throw new PawlError("conflict", `Version ${version} of ${model} was removed.`, {
      found: `${model}@${version}, removed`,
      expected: "a version that is not removed",
      next: "Restore it first.",
    });
  }
  const rows = await sql.all<DeploymentRow>(
    "SELECT * FROM deployments WHERE name = ? AND role = ? AND until IS NULL ORDER BY seq",
    [name, role],
  );
  const standing = rows.map(deploymentOf);
  if (standing.some((one) => one.model === model && one.version === version)) {
    throw new PawlError("conflict", `${model}@${version} is ${role} of ${name} already.`, {
      found: `${model}@${version} as ${role}`,
      expected: "another version or another role",
      next: "Stop it first if its settings are to change.",
    });
  }
  if (role === "champion") for (const before of standing) await stop(change, before);
  const id = newId(change);
  await change.record(
    "deployment.started",
    { kind: "deployment", name },
    { id, name, role, model, version, endpoint, licence, settings },
  );
  return mustFind(sql, id);
}

function moment(at: DeploymentQuery["at"]): Piece | undefined {
  if (at === "ever") return undefined;
  if (at === undefined) return piece("until IS NULL");
  return piece("since <= ? AND (until IS NULL OR until > ?)", at, at);
}

async function list(sql: Sql, query: DeploymentQuery): Promise<Page<Deployment>> {
  const { cursor, limit: _, ...question } = query;
  const limit = pageLimit(query, 100, 1_000);
  const mark = questionMark(["deployments", question]);
  const [before] = cursor === undefined ? [] : readCursor(cursor, mark, 1);
  const { text, values } = where([
    equal("name", query.name),
    equal("model", query.model),
    equal("version", query.version),
    equal("role", query.role),
    moment(query.at),
    before === undefined ? undefined : piece("seq < ?", before),
  ]);
  const rows = await sql.all<DeploymentRow>(`SELECT * FROM deployments ${text} ORDER BY seq DESC LIMIT ?`, [
    ...values,
    limit + 1,
  ]);
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    items: kept.map(deploymentOf),
    ...(rows.length > limit && last && { next: writeCursor(mark, [last.seq]) }),
  };
}

export function sqlDeployments(journal: Journal): Deployments {
  return {
    start: (deployment) => journal.change((change) => start(change, deployment)),
    stop: (id) =>
      journal.change(async (change) => {
        const deployment = await mustFind(change.sql, id);
        if (deployment.until === undefined) await stop(change, deployment);
        return mustFind(change.sql, id);
      }),
    get: (id) => journal.read((sql) => find(sql, id)),
    champion: (name) =>
      journal.read(async (sql) => {
        const row = await sql.one<DeploymentRow>(
          "SELECT * FROM deployments WHERE name = ? AND role = 'champion' AND until IS NULL",
          [name],
        );
        return row && deploymentOf(row);
      }),
    list: (query = {}) => journal.read((sql) => list(sql, query)),
  };
}
