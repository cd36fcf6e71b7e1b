import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { type JsonValue, PawlError } from "@pawl/core";
import type { Prediction, ServedModel } from "@pawl/loop";
import { readJson } from "../http/body.ts";
import type { PawlEnv } from "../http/edge.ts";
import type { Wire } from "../http/wire.ts";
import { openapiApp } from "../native/openapi-app.ts";
import type { Ports } from "../ports.ts";
import { scoringRows } from "./scoring-rows.ts";

/** MLflow's scoring protocol says no as its tracking server does. */
export const scoringWire: Wire = {
  name: "mlflow-scoring",
  owns: (path) => path === "/invocations" || path === "/ping",
  render: ({ error }) => {
    const parts = [
      error.message,
      error.found && `Found: ${error.found}.`,
      error.expected && `Expected: ${error.expected}.`,
      error.next,
    ];
    const errorCode = {
      invalid_input: "BAD_REQUEST",
      not_found: "RESOURCE_DOES_NOT_EXIST",
      unauthenticated: "UNAUTHENTICATED",
      forbidden: "PERMISSION_DENIED",
      unavailable: "TEMPORARILY_UNAVAILABLE",
      exhausted: "RESOURCE_EXHAUSTED",
    }[error.code as string];
    return {
      body: JSON.stringify({
        error_code: errorCode ?? "INTERNAL_ERROR",
        message: parts.filter(Boolean).join(" "),
      }),
      mediaType: "application/json",
    };
  },
};

const outputs = ["value", "probability", "record"] as const;
type OutputKind = (typeof outputs)[number];

const Body = z
  .strictObject({
    dataframe_split: z.unknown().optional(),
    dataframe_records: z.unknown().optional(),
    instances: z.unknown().optional(),
    inputs: z.unknown().optional(),
    params: z
      .strictObject({
        by: z.enum(["keys", "values"]).optional(),
        asOf: z.string().optional(),
        output: z.enum(outputs).optional(),
      })
      .optional(),
  })
  .openapi("InvocationsRequest");

/** MLflow's scoring protocol: `/invocations` and `/ping`. */
export function scoringRoutes(ports: Ports): OpenAPIHono<PawlEnv> {
  const { serving, limits } = ports;
  const app = openapiApp();
  app.get("/ping", (c) => {
    if (ports.accepting() && serving.ready())
      return c.body("\n", 200, { "content-type": "application/json" });
    throw new PawlError("unavailable", "Models are not ready.");
  });
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/invocations",
    tags: ["mlflow scoring"],
    summary: "Predict",
    description: "Exactly one of dataframe_split, dataframe_records, instances and inputs.",
    request: {
      query: z.object({
        model: z.string().optional().openapi({ description: "Needed when several are served." }),
      }),
      body: { required: true, content: { "application/json": { schema: Body } } },
    },
    responses: {
      200: {
        description: "Predictions.",
        content: { "application/json": { schema: z.object({ predictions: z.array(z.unknown()) }) } },
      },
      default: {
        description: "A refusal.",
        content: {
          "application/json": { schema: z.object({ error_code: z.string(), message: z.string() }) },
        },
      },
    },
  });
  app.post("/invocations", async (c) => {
    const body = Body.safeParse(await readJson(c, limits.bodyBytes));
    if (!body.success) {
      const said = body.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
      throw new PawlError("invalid_input", "This is not a scoring request.", { found: said.join("; ") });
    }
    const model = chosen(serving.models(), c.req.query("model"));
    const { params = {}, ...tables } = body.data;
    const rows = scoringRows(model, tables, limits.rows);
    const by = params.by ?? guess(model, rows[0] ?? {});
    const predictions = await serving.predict(
      { model: model.name, rows, by, ...(params.asOf !== undefined && { asOf: params.asOf }) },
      AbortSignal.timeout(limits.requestMs),
    );
    const output = params.output ?? "value";
    return c.json({ predictions: predictions.map((prediction) => shown(prediction, output)) });
  });
  return app;
}

function chosen(models: readonly ServedModel[], name: string | undefined): ServedModel {
  const names = models.map((model) => model.name).join(", ");
  const found =
    name === undefined ? models.length === 1 && models[0] : models.find((model) => model.name === name);
  if (found) return found;
  if (name !== undefined || models.length === 0) {
    throw new PawlError(
      "not_found",
      name === undefined ? "No model is served." : `The model "${name}" is not served.`,
      {
        ...(names !== "" && { expected: names }),
      },
    );
  }
  throw new PawlError("invalid_input", "Several models are served.", {
    found: names,
    next: "Say which: /invocations?model=<name>",
  });
}

/** Rows with every input of the model are values; anything else is looked up by keys. */
function guess(model: ServedModel, row: Readonly<Record<string, JsonValue>>): "keys" | "values" {
  return model.inputs.every(({ name }) => Object.hasOwn(row, name)) ? "values" : "keys";
}

function shown(prediction: Prediction, output: OutputKind): unknown {
  if (output === "value") return prediction.value;
  if (output === "record") {
    const { value, probability, probabilities } = prediction;
    return {
      value,
      ...(probability !== undefined && { probability }),
      ...(probabilities && { probabilities }),
    };
  }
  if (prediction.probability !== undefined) return prediction.probability;
  throw new PawlError("invalid_input", `The model "${prediction.model}" gives no probability.`, {
    next: 'Ask for "output": "value".',
  });
}
