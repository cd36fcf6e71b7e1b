import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { columnKind, parseInstant, PawlError, type ScalarKind, type Source } from "@pawl/core";
import type { Context } from "hono";
import { readText, requireMediaType } from "../http/body.ts";
import type { PawlEnv } from "../http/edge.ts";
import type { Live } from "../live/live.ts";
import { parseLossless } from "../live/lossless-json.ts";
import { openapiApp } from "../native/openapi-app.ts";
import type { Ports } from "../ports.ts";
import { type AskedFeatures, featuresByReference, featuresOfService } from "./asked-features.ts";
import { rowsOf } from "./columnar.ts";
import { FeastError, FeastValidationError } from "./feast-error.ts";
import { onlineFeatures } from "./online-features.ts";

const Columns = z.record(z.string(), z.array(z.unknown())).readonly();

const OnlineFeatures = z
  .object({
    features: z
      .array(z.string())
      .nullish()
      .openapi({ description: "view:feature, where a view is a group of ours." }),
    feature_service: z.string().nullish().openapi({ description: "A view, or a model by its name." }),
    entities: Columns,
    full_feature_names: z.boolean().default(false),
    include_feature_view_version_metadata: z.boolean().default(false),
  })
  .openapi("GetOnlineFeaturesRequest");
const Push = z
  .object({
    push_source_name: z.string(),
    df: Columns,
    to: z.string().default("online"),
    allow_registry_cache: z.boolean().default(true),
    transform_on_write: z.boolean().default(true),
  })
  .openapi("FeastPushRequest");
const Write = z
  .object({
    feature_view_name: z.string(),
    df: Columns,
    allow_registry_cache: z.boolean().default(true),
    transform_on_write: z.boolean().default(true),
  })
  .openapi("WriteToOnlineStoreRequest");
const Materialize = z
  .object({
    start_ts: z.string().nullish(),
    end_ts: z.string().nullish(),
    feature_views: z.array(z.string()).nullish(),
    version: z.string().nullish(),
    disable_event_timestamp: z.boolean().optional(),
  })
  .openapi("MaterializeRequest");

const tags = ["feast"];
const describe = (path: string, summary: string, schema: z.ZodType) => ({
  method: "post" as const,
  path,
  tags,
  summary,
  request: { body: { required: true, content: { "application/json": { schema } } } },
  responses: {
    200: { description: "Done.", content: { "application/json": { schema: z.unknown() } } },
    default: { description: "A refusal.", content: { "application/json": { schema: z.unknown() } } },
  },
});

/** Requests of one shape share their view, so that the present compiles it once. */
const mostShapes = 500;

/** The wire of Feast's feature server, to be mounted at "/". */
export function feastRoutes(ports: Ports, live: Live): OpenAPIHono<PawlEnv> {
  const { limits } = ports;
  const { catalog, present } = live;
  const app = openapiApp();
  for (const [path, summary, schema] of [
    ["/get-online-features", "Read features", OnlineFeatures],
    ["/push", "Push facts of a source", Push],
    ["/write-to-online-store", "Push facts of a source", Write],
    ["/materialize", "Read the files of sources into the present", Materialize],
    ["/materialize-incremental", "Read the files of sources into the present", Materialize],
  ] as const) {
    app.openAPIRegistry.registerPath(describe(path, summary, schema));
  }

  const read = async <T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> => {
    requireMediaType(c, "application/json");
    const parsed = schema.safeParse(parseLossless(await readText(c, limits.bodyBytes)));
    if (parsed.success) return parsed.data;
    throw new FeastValidationError(parsed.error.issues);
  };

  const shapes = new Map<string, AskedFeatures>();
  const askedOf = (request: z.output<typeof OnlineFeatures>): AskedFeatures => {
    const { features, feature_service: service, entities } = request;
    const given = Object.keys(entities);
    const shape = JSON.stringify([service ?? null, features ?? [], given]);
    const known = shapes.get(shape);
    if (known) return known;
    if (service && features?.length) {
      throw new PawlError("invalid_input", "Either features or a feature service can be asked for.", {
        found: "both",
      });
    }
    const asked = service
      ? featuresOfService(catalog, service)
      : featuresByReference(catalog, features ?? [], given);
    if (shapes.size >= mostShapes) shapes.delete(shapes.keys().next().value ?? "");
    shapes.set(shape, asked);
    return asked;
  };

  app.post("/get-online-features", async (c) => {
    const request = await read(c, OnlineFeatures);
    const asked = askedOf(request);
    const rows = rowsOf(request.entities, asked.columns);
    if (rows.length === 0)
      throw new PawlError("invalid_input", "No entities are given.", { expected: "column → values" });
    const vectors = await present.vectors(asked.view, rows);
    return c.body(onlineFeatures(asked, rows, vectors, request.full_feature_names), 200, {
      "content-type": "application/json",
    });
  });

  const pushTo = async (name: string, df: z.output<typeof Columns>, unknown: FeastError): Promise<void> => {
    const source = catalog.sources.get(name);
    if (!source) throw unknown;
    await present.push(source.name, rowsOf(withOwnNames(df, source), columnsOf(source)));
  };

  app.post("/push", async (c) => {
    const { push_source_name: name, df, to } = await read(c, Push);
    if (to !== "online" && to !== "online_and_offline") {
      throw new PawlError("invalid_input", "Facts cannot be pushed to this.", {
        found: to,
        expected: "online or online_and_offline; what is pushed is kept, and history reads it too",
      });
    }
    const parts = { expected: [...catalog.sources.keys()].join(", ") };
    const unknown = new FeastError(
      422,
      "PushSourceNotFoundException",
      "not_found",
      `There is no source "${name}".`,
      parts,
    );
    await pushTo(name, df, unknown);
    return c.body(null, 200);
  });

  app.post("/write-to-online-store", async (c) => {
    const { feature_view_name: name, df } = await read(c, Write);
    const group = catalog.groups.get(name);
    const parts = {
      expected: [...catalog.sources.keys()].join(", "),
      ...(group && { next: `Its features are computed: push the facts of "${group.source.name}" instead.` }),
    };
    const unknown = new FeastError(
      404,
      "FeatureViewNotFoundException",
      "not_found",
      `There is no source "${name}".`,
      parts,
    );
    await pushTo(name, df, unknown);
    return c.json(null);
  });

  for (const path of ["/materialize", "/materialize-incremental"]) {
    app.post(path, async (c) => {
      const { start_ts: start, end_ts: end, feature_views: views } = await read(c, Materialize);
      for (const moment of [start, end]) if (moment) parseInstant(moment);
      for (const name of sourcesOf(live, views ?? [])) await live.catchUp(name, c.req.raw.signal);
      return c.json(null);
    });
  }
  return app;
}

/**
 * Feast's client adds when a row happened and when it was written, under names of its own. The first is the
 * source's event time unless that is given; the second is not a fact.
 */
function withOwnNames(df: z.output<typeof Columns>, source: Source): z.output<typeof Columns> {
  const { event_timestamp: happened, ...rest } = df;
  const declared = (name: string): boolean => Object.hasOwn(source.columns, name);
  const named =
    happened === undefined || declared("event_timestamp") ? df : { [source.eventTime]: happened, ...rest };
  if (declared("created")) return named;
  return Object.fromEntries(Object.entries(named).filter(([name]) => name !== "created"));
}

/** Kinds by column; a column the source does not have is passed on, for the present to refuse by name. */
function columnsOf(source: Source): ReadonlyMap<string, ScalarKind> {
  return new Map(Object.entries(source.columns).map(([name, column]) => [name, columnKind(column)]));
}

/** The sources behind some groups, or behind all. */
function sourcesOf({ catalog }: Live, views: readonly string[]): Set<string> {
  const groups = views.map((name) => {
    const group = catalog.groups.get(name);
    if (group) return group;
    throw new FeastError(
      404,
      "FeatureViewNotFoundException",
      "not_found",
      `There is no feature view "${name}".`,
      {
        expected: [...catalog.groups.keys()].join(", "),
      },
    );
  });
  const wanted = views.length === 0 ? [...catalog.groups.values()] : groups;
  return new Set(wanted.map(({ source }) => source.name));
}
