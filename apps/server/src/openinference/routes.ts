import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { isListKind, PawlError } from "@pawl/core";
import type { ServedModel } from "@pawl/loop";
import type { Context } from "hono";
import { readBytes } from "../http/body.ts";
import type { PawlEnv } from "../http/edge.ts";
import { openapiApp } from "../native/openapi-app.ts";
import type { Ports } from "../ports.ts";
import { type Datatype, datatypesOf } from "./datatype.ts";
import { inferRequest, InferBody } from "./infer-request.ts";
import { inferResponse, outputsOfTask } from "./infer-response.ts";
import { inferRows } from "./infer-rows.ts";

const Metadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number().int()) })),
    outputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number().int()) })),
  })
  .openapi("ModelMetadata");
const Refusal = z.object({ error: z.string() }).openapi("OpenInferenceError");
const Answer = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.number().int()),
        parameters: z.record(z.string(), z.unknown()).optional(),
        data: z.array(z.unknown()).optional(),
      }),
    ),
  })
  .openapi("InferResponse");

const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { "application/json": { schema } },
});
const refusals = { default: json("A refusal.", Refusal) };
const tags = ["open inference protocol"];
const named = z.object({ name: z.string() });
const versioned = z.object({ name: z.string(), version: z.string() });

const declare = <M extends "get" | "post", P extends string>(method: M, path: P, summary: string) =>
  ({ method, path, tags, summary }) as const;

/** Open Inference Protocol v2 with the binary tensor extension, to be mounted at /v2. */
export function openInferenceRoutes(ports: Ports): OpenAPIHono<PawlEnv> {
  const { serving, limits } = ports;
  const app = openapiApp();
  const ready = (): boolean => ports.accepting() && serving.ready();

  const find = (name: string, version?: string): ServedModel => {
    const models = serving.models();
    const found = models.find((model) => model.name === name);
    if (found && (version === undefined || version === String(found.version))) return found;
    throw new PawlError(
      "not_found",
      `The model "${name}"${version ? ` version ${version}` : ""} is not served.`,
      {
        expected:
          models.map((model) => `${model.name} version ${model.version}`).join(", ") ||
          "a model; none is served",
      },
    );
  };

  app.openapi(
    createRoute({
      ...declare("get", "/", "The server"),
      responses: {
        200: json(
          "What it is.",
          z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
        ),
      },
    }),
    (c) => c.json({ name: "pawl", version: ports.version, extensions: ["binary_tensor_data"] }, 200),
  );
  app.openapi(
    createRoute({
      ...declare("get", "/health/live", "Whether the server lives"),
      responses: { 200: json("It does.", z.object({ live: z.boolean() })) },
    }),
    (c) => c.json({ live: true }, 200),
  );
  app.openapi(
    createRoute({
      ...declare("get", "/health/ready", "Whether all models are ready"),
      responses: {
        200: json("They are.", z.object({ ready: z.boolean() })),
        503: json("Not yet, or no more.", z.object({ ready: z.boolean() })),
      },
    }),
    (c) => (ready() ? c.json({ ready: true }, 200) : c.json({ ready: false }, 503)),
  );
  app.openapi(
    createRoute({
      ...declare("post", "/repository/index", "List the models"),
      responses: {
        200: json(
          "Every served model.",
          z.array(z.object({ name: z.string(), version: z.string(), state: z.string(), reason: z.string() })),
        ),
      },
    }),
    (c) => {
      const models = serving.models();
      const state = ready() ? "READY" : "UNAVAILABLE";
      return c.json(
        models.map(({ name, version }) => ({ name, version: String(version), state, reason: "" })),
        200,
      );
    },
  );

  for (const [at, params] of [
    ["/models/{name}", named],
    ["/models/{name}/versions/{version}", versioned],
  ] as const) {
    const versionOf = (c: Context): string | undefined => c.req.param("version");
    const nameOf = (c: Context): string => c.req.param("name") ?? "";

    app.openapi(
      createRoute({
        ...declare("get", at, "What a model takes and gives"),
        request: { params },
        responses: { 200: json("The model.", Metadata), ...refusals },
      }),
      (c) => c.json(metadata(find(nameOf(c), versionOf(c))), 200),
    );
    app.openapi(
      createRoute({
        ...declare("get", `${at}/ready`, "Whether a model is ready"),
        request: { params },
        responses: { 200: json("It is.", z.object({ name: z.string(), ready: z.boolean() })), ...refusals },
      }),
      (c) => {
        const { name } = find(nameOf(c), versionOf(c));
        if (!ready()) throw new PawlError("unavailable", `The model "${name}" is not ready.`);
        return c.json({ name, ready: true }, 200);
      },
    );
    // Not `app.openapi`: the body may hold tensors behind its JSON, which no schema validator reads.
    app.openAPIRegistry.registerPath({
      ...declare("post", `${at}/infer`, "Predict"),
      request: { params, body: { required: true, content: { "application/json": { schema: InferBody } } } },
      responses: { 200: json("The outputs.", Answer), ...refusals },
    });
    app.post(`${at.replaceAll(/\{(\w+)\}/g, ":$1")}/infer`, async (c) => {
      const model = find(nameOf(c), versionOf(c));
      const body = await readBytes(c, limits.bodyBytes);
      const request = inferRequest(body, c.req.header("inference-header-content-length"));
      const rows = inferRows(model, request, limits.rows);
      const predictions = await serving.predict(
        {
          model: model.name,
          rows,
          by: request.by,
          ...(request.asOf !== undefined && { asOf: request.asOf }),
        },
        AbortSignal.timeout(limits.requestMs),
      );
      const answer = inferResponse(model, request, predictions);
      return c.body(answer.body as Uint8Array<ArrayBuffer>, 200, {
        "content-type": answer.mediaType,
        ...(answer.headerLength !== undefined && {
          "inference-header-content-length": String(answer.headerLength),
        }),
      });
    });
  }
  return app;
}

function metadata(model: ServedModel): z.input<typeof Metadata> {
  return {
    name: model.name,
    versions: [String(model.version)],
    platform: "pawl",
    inputs: model.inputs.map(({ name, kind }) => {
      const datatype: Datatype = datatypesOf(kind)[0];
      return { name, datatype, shape: isListKind(kind) ? [-1, -1] : [-1] };
    }),
    outputs: outputsOfTask(model.task).map(({ name, datatype, width }) => ({
      name,
      datatype,
      shape: width === 1 ? [-1] : [-1, width],
    })),
  };
}
