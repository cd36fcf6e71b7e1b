import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Experiment, Filter, Metric, Run } from "@pawl/ledger";
import type { PawlEnv } from "../http/edge.ts";
import type { Ports } from "../ports.ts";
import {
  AnyJson,
  answer,
  given,
  maybeMoment,
  missing,
  Moment,
  MomentQuery,
  momentText,
  pageOf,
  pageQuery,
  refusals,
  shownPage,
  Tags,
} from "./schemas.ts";

/** JSON has no word for what is not finite; these are its names. */
const Measured = z
  .union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])])
  .openapi({ description: "A number, or the name of one that JSON cannot hold." });

const MetricDocument = z
  .object({ key: z.string(), value: Measured, at: Moment, step: z.number().int() })
  .openapi("Metric");

const RunDocument = z
  .object({
    id: z.string(),
    experimentId: z.string(),
    name: z.string(),
    status: z.enum(["scheduled", "running", "finished", "failed", "killed"]),
    user: z.string(),
    startedAt: Moment,
    endedAt: Moment.optional(),
    removedAt: Moment.optional(),
    environment: AnyJson,
    seed: z.number().optional(),
    codeVersion: z.string().optional(),
    datasetHash: z.string().optional(),
    parentId: z.string().optional(),
    params: z.record(z.string(), z.string()).readonly(),
    tags: Tags,
    metrics: z.array(MetricDocument).readonly().openapi({ description: "The latest value of each." }),
  })
  .openapi("Run");

const ExperimentDocument = z
  .object({
    id: z.string(),
    name: z.string(),
    tags: Tags,
    createdAt: Moment,
    updatedAt: Moment,
    removedAt: Moment.optional(),
  })
  .openapi("Experiment");

const measured = (value: number): z.input<typeof Measured> => {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
};

function shownMetric({ key, value, at, step }: Metric): z.input<typeof MetricDocument> {
  return { key, value: measured(value), at: momentText(at), step };
}

function shownRun(run: Run): z.input<typeof RunDocument> {
  const { startedAt, endedAt, removedAt, metrics, inputs: _in, outputs: _out, ...rest } = run;
  return {
    ...rest,
    startedAt: momentText(startedAt),
    ...maybeMoment("endedAt", endedAt),
    ...maybeMoment("removedAt", removedAt),
    metrics: metrics.map(shownMetric),
  };
}

function shownExperiment(experiment: Experiment): z.input<typeof ExperimentDocument> {
  const { id, name, tags, createdAt, updatedAt, removedAt } = experiment;
  const times = { createdAt: momentText(createdAt), updatedAt: momentText(updatedAt) };
  return { id, name, tags, ...times, ...maybeMoment("removedAt", removedAt) };
}

const presence = z.enum(["live", "removed", "both"]).optional();

const experiments = createRoute({
  method: "get",
  path: "/experiments",
  tags: ["runs"],
  summary: "List experiments",
  request: { query: z.strictObject({ presence, ...pageQuery }) },
  responses: { 200: answer("Newest first.", pageOf(ExperimentDocument)), ...refusals },
});

const list = createRoute({
  method: "get",
  path: "/runs",
  tags: ["runs"],
  summary: "List runs",
  request: {
    query: z.strictObject({
      experiment: z.string().optional().openapi({ description: "An experiment by name." }),
      status: z.enum(["scheduled", "running", "finished", "failed", "killed"]).optional(),
      dataset: z.string().optional().openapi({ description: "Hash of the dataset trained on." }),
      user: z.string().optional(),
      startedFrom: MomentQuery.optional(),
      startedUntil: MomentQuery.optional(),
      metric: z.string().optional().openapi({ description: "Order by this metric instead of by start." }),
      order: z.enum(["asc", "desc"]).optional(),
      presence,
      ...pageQuery,
    }),
  },
  responses: {
    200: answer("Newest start first, unless ordered by a metric.", pageOf(RunDocument)),
    ...refusals,
  },
});

const get = createRoute({
  method: "get",
  path: "/runs/{id}",
  tags: ["runs"],
  summary: "Get a run",
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: answer("The run.", RunDocument), ...refusals },
});

const history = createRoute({
  method: "get",
  path: "/runs/{id}/metrics/{key}",
  tags: ["runs"],
  summary: "How a metric went",
  request: { params: z.object({ id: z.string(), key: z.string() }), query: z.strictObject(pageQuery) },
  responses: { 200: answer("By step, then time.", pageOf(MetricDocument)), ...refusals },
});

const attribute = (key: string) => ({ of: "attribute", key }) as const;

function runFilter(query: {
  status?: string | undefined;
  dataset?: string | undefined;
  user?: string | undefined;
  startedFrom?: number | undefined;
  startedUntil?: number | undefined;
}): Filter | undefined {
  const { status, dataset, user, startedFrom, startedUntil } = query;
  const all: Filter[] = [];
  if (status !== undefined) all.push({ field: attribute("status"), is: "=", value: status });
  if (dataset !== undefined) all.push({ field: attribute("dataset_hash"), is: "=", value: dataset });
  if (user !== undefined) all.push({ field: attribute("user"), is: "=", value: user });
  if (startedFrom !== undefined) all.push({ field: attribute("started_at"), is: ">=", value: startedFrom });
  if (startedUntil !== undefined) all.push({ field: attribute("started_at"), is: "<", value: startedUntil });
  return all.length === 0 ? undefined : { all };
}

export function runRoutes(app: OpenAPIHono<PawlEnv>, { ledger }: Ports): void {
  const find = async (id: string): Promise<Run> => {
    const found = await ledger.runs.get(id);
    if (found) return found;
    throw missing(`run "${id}"`, "List what there is: GET /api/v1/runs");
  };

  app.openapi(experiments, async (c) => {
    return c.json(
      shownPage(await ledger.experiments.search(given(c.req.valid("query"))), shownExperiment),
      200,
    );
  });
  app.openapi(list, async (c) => {
    const { experiment, metric, order, presence, limit, cursor, ...conditions } = c.req.valid("query");
    let experimentIds: string[] | undefined;
    if (experiment !== undefined) {
      const found = await ledger.experiments.byName(experiment);
      if (!found) throw missing(`experiment "${experiment}"`, "List what there is: GET /api/v1/experiments");
      experimentIds = [found.id];
    }
    const field = metric === undefined ? attribute("started_at") : ({ of: "metric", key: metric } as const);
    const query = {
      experimentIds,
      filter: runFilter(conditions),
      order: [{ field, descending: (order ?? "desc") === "desc" }],
      presence,
      limit: limit ?? 100,
      cursor,
    };
    return c.json(shownPage(await ledger.runs.search(given(query)), shownRun), 200);
  });
  app.openapi(get, async (c) => c.json(shownRun(await find(c.req.valid("param").id)), 200));
  app.openapi(history, async (c) => {
    const { id, key } = c.req.valid("param");
    await find(id);
    const page = await ledger.runs.history(id, { key, ...given(c.req.valid("query")) });
    return c.json(shownPage(page, shownMetric), 200);
  });
}
