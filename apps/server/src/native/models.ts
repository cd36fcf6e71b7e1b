import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ModelVersion, RegisteredModel } from "@pawl/ledger";
import type { ServedModel } from "@pawl/loop";
import type { PawlEnv } from "../http/edge.ts";
import type { Ports } from "../ports.ts";
import {
  AnyJson,
  answer,
  given,
  maybeMoment,
  missing,
  Moment,
  momentText,
  Ordinal,
  pageOf,
  pageQuery,
  refusals,
  shownPage,
  Tags,
} from "./schemas.ts";

const Input = z.object({ name: z.string(), kind: z.string() });

const Served = z
  .object({
    name: z.string(),
    version: z.number().int(),
    hash: z.string(),
    task: z.object({ kind: z.string(), classes: z.array(z.string()).readonly().optional() }),
    asOf: z.string().openapi({ description: "The spine column that is the moment of the prediction." }),
    spine: z.array(Input.extend({ entity: z.string().optional() })).readonly(),
    inputs: z.array(Input).readonly(),
  })
  .openapi("ServedModel");

const Registered = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    tags: Tags,
    aliases: z.record(z.string(), z.number().int()).readonly(),
    latest: z.number().int().optional(),
    served: Served.optional().openapi({ description: "What answers under this name now, if anything does." }),
    createdAt: Moment,
    updatedAt: Moment,
    removedAt: Moment.optional(),
  })
  .openapi("Model");

const Version = z
  .object({
    name: z.string(),
    version: z.number().int(),
    stage: z.string(),
    hash: z.string().optional(),
    source: z.string().optional(),
    runId: z.string().optional(),
    datasetHash: z.string().optional(),
    viewHash: z.string().optional(),
    metrics: z.record(z.string(), z.number()).readonly(),
    document: AnyJson.optional(),
    description: z.string().optional(),
    tags: Tags,
    aliases: z.array(z.string()).readonly(),
    user: z.string(),
    createdAt: Moment,
    updatedAt: Moment,
    removedAt: Moment.optional(),
  })
  .openapi("ModelVersion");

function shownVersion(version: ModelVersion): z.input<typeof Version> {
  const { createdAt, updatedAt, removedAt, blob: _blob, loggedModelId: _logged, ...rest } = version;
  return {
    ...rest,
    createdAt: momentText(createdAt),
    updatedAt: momentText(updatedAt),
    ...maybeMoment("removedAt", removedAt),
  };
}

const list = createRoute({
  method: "get",
  path: "/models",
  tags: ["models"],
  summary: "List registered models",
  request: {
    query: z.strictObject({ presence: z.enum(["live", "removed", "both"]).optional(), ...pageQuery }),
  },
  responses: { 200: answer("By name.", pageOf(Registered)), ...refusals },
});

const get = createRoute({
  method: "get",
  path: "/models/{name}",
  tags: ["models"],
  summary: "Get a registered model",
  request: { params: z.object({ name: z.string() }) },
  responses: { 200: answer("The model and what serves under its name.", Registered), ...refusals },
});

const versions = createRoute({
  method: "get",
  path: "/models/{name}/versions",
  tags: ["models"],
  summary: "List the versions of a model",
  request: {
    params: z.object({ name: z.string() }),
    query: z.strictObject({
      stage: z.enum(["candidate", "staging", "production", "archived"]).optional(),
      presence: z.enum(["live", "removed", "both"]).optional(),
      ...pageQuery,
    }),
  },
  responses: { 200: answer("Newest first.", pageOf(Version)), ...refusals },
});

const version = createRoute({
  method: "get",
  path: "/models/{name}/versions/{version}",
  tags: ["models"],
  summary: "Get a version of a model",
  request: { params: z.object({ name: z.string(), version: Ordinal }) },
  responses: { 200: answer("The version.", Version), ...refusals },
});

const serving = createRoute({
  method: "get",
  path: "/serving",
  tags: ["models"],
  summary: "What is served",
  responses: {
    200: answer("Every model that answers now.", z.object({ items: z.array(Served).readonly() })),
    ...refusals,
  },
});

export function modelRoutes(app: OpenAPIHono<PawlEnv>, ports: Ports): void {
  const { models } = ports.ledger;
  const servedAs = (name: string): ServedModel | undefined =>
    ports.serving.models().find((each) => each.name === name);
  const shownModel = (model: RegisteredModel): z.input<typeof Registered> => {
    const { createdAt, updatedAt, removedAt, ...rest } = model;
    const served = servedAs(model.name);
    return {
      ...rest,
      ...(served && { served }),
      createdAt: momentText(createdAt),
      updatedAt: momentText(updatedAt),
      ...maybeMoment("removedAt", removedAt),
    };
  };
  const listing = "List what there is: GET /api/v1/models";

  app.openapi(list, async (c) => {
    return c.json(shownPage(await models.search(given(c.req.valid("query"))), shownModel), 200);
  });
  app.openapi(get, async (c) => {
    const { name } = c.req.valid("param");
    const found = await models.get(name);
    if (!found) throw missing(`model "${name}"`, listing);
    return c.json(shownModel(found), 200);
  });
  app.openapi(versions, async (c) => {
    const { name } = c.req.valid("param");
    const { stage, ...page } = c.req.valid("query");
    if (!(await models.get(name))) throw missing(`model "${name}"`, listing);
    const named = { field: { of: "attribute", key: "name" }, is: "=", value: name } as const;
    const staged = { field: { of: "attribute", key: "stage" }, is: "=", value: stage ?? "" } as const;
    const filter = stage === undefined ? named : { all: [named, staged] };
    return c.json(shownPage(await models.searchVersions({ filter, ...given(page) }), shownVersion), 200);
  });
  app.openapi(version, async (c) => {
    const id = c.req.valid("param");
    const found = await models.version(id);
    if (!found) throw missing(`version ${id.version} of "${id.name}"`, listing);
    return c.json(shownVersion(found), 200);
  });
  app.openapi(serving, (c) => c.json({ items: ports.serving.models() }, 200));
}
