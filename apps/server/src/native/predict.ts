import { createRoute, z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { PawlEnv } from "../http/edge.ts";
import { readJson } from "../http/body.ts";
import type { Ports } from "../ports.ts";
import { predictRequest } from "./predict-request.ts";
import { answer, Moment, refusals } from "./schemas.ts";

const Cell = z
  .union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.unknown())])
  .openapi({ description: "Moments are ISO 8601 text, a bigint is its decimal text, null is not known." });
const Row = z.record(z.string(), Cell);

const PredictBody = z
  .strictObject({
    rows: z.array(Row).min(1),
    by: z.enum(["keys", "values"]).default("keys").openapi({
      description: "keys: rows of spine columns, features are looked up. values: rows of the view's columns.",
    }),
    asOf: Moment.optional(),
    explain: z.boolean().default(false),
    features: z.boolean().default(false),
  })
  .openapi("PredictRequest");

const PredictionDocument = z
  .object({
    id: z.string(),
    model: z.string(),
    version: z.number().int(),
    asOf: Moment,
    value: z.union([z.boolean(), z.string(), z.number()]),
    probability: z.number().optional(),
    probabilities: z.record(z.string(), z.number()).optional(),
    features: Row.optional(),
    explanation: z
      .object({
        base: z.number(),
        contributions: z.array(z.object({ name: z.string(), value: Cell, contribution: z.number() })),
      })
      .optional(),
  })
  .openapi("Prediction");

const route = createRoute({
  method: "post",
  path: "/models/{name}/predict",
  tags: ["predictions"],
  summary: "Predict",
  description: "Asks a served model about rows. Answers are in the order of the rows.",
  request: {
    params: z.object({ name: z.string() }),
    body: { required: true, content: { "application/json": { schema: PredictBody } } },
  },
  responses: {
    200: answer("Predictions.", z.object({ predictions: z.array(PredictionDocument) })),
    ...refusals,
  },
});

/** More rows than this are worth the cost of a timer. */
const quick = 100;
const json = { "content-type": "application/json" };

/** The busiest route: documented like every other, but checked by hand; see `predictRequest`. */
export function predictRoute(app: OpenAPIHono<PawlEnv>, ports: Ports): void {
  const { serving, limits } = ports;
  app.openAPIRegistry.registerPath(route);
  app.post("/models/:name/predict", async (c) => {
    const body = await readJson(c, limits.bodyBytes);
    const request = predictRequest(c.req.param("name"), body, limits.rows);
    const signal = request.rows.length > quick ? AbortSignal.timeout(limits.requestMs) : undefined;
    const predictions = await serving.predict(request, signal);
    return c.body(JSON.stringify({ predictions }), 200, json);
  });
}
