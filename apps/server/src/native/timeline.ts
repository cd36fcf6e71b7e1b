import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Deployment, TimelineEntry } from "@pawl/ledger";
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
  Ordinal,
  pageOf,
  pageQuery,
  refusals,
  shownPage,
} from "./schemas.ts";

const Entry = z
  .object({
    id: z.number().int(),
    at: Moment,
    actor: z.object({ kind: z.string(), name: z.string() }),
    kind: z.string(),
    subject: z.object({
      kind: z.string(),
      name: z.string(),
      version: z.number().int().optional(),
      hash: z.string().optional(),
    }),
    payload: AnyJson,
    hash: z.string(),
  })
  .openapi("TimelineEntry");

const DeploymentDocument = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(["champion", "challenger", "shadow", "canary"]),
    model: z.string(),
    version: z.number().int(),
    endpoint: z.string().optional(),
    licence: z.string().optional(),
    settings: AnyJson,
    since: Moment,
    until: Moment.optional(),
  })
  .openapi("Deployment");

const shownEntry = ({ at, ...entry }: TimelineEntry): z.input<typeof Entry> => ({
  ...entry,
  at: momentText(at),
});

function shownDeployment({ since, until, ...rest }: Deployment): z.input<typeof DeploymentDocument> {
  return { ...rest, since: momentText(since), ...maybeMoment("until", until) };
}

const list = createRoute({
  method: "get",
  path: "/timeline",
  tags: ["timeline"],
  summary: "What happened",
  request: {
    query: z.strictObject({
      kind: z
        .string()
        .optional()
        .openapi({ description: 'Kinds, separated by commas; "run.*" is all of that noun.' }),
      subjectKind: z.string().optional(),
      subject: z.string().optional().openapi({ description: "The name of what the entry is about." }),
      version: Ordinal.optional(),
      hash: z.string().optional(),
      actor: z.string().optional(),
      from: MomentQuery.optional(),
      until: MomentQuery.optional(),
      order: z.enum(["asc", "desc"]).optional(),
      ...pageQuery,
    }),
  },
  responses: { 200: answer("Oldest first, unless asked otherwise.", pageOf(Entry)), ...refusals },
});

const get = createRoute({
  method: "get",
  path: "/timeline/{id}",
  tags: ["timeline"],
  summary: "One thing that happened",
  request: { params: z.object({ id: Ordinal }) },
  responses: { 200: answer("The entry.", Entry), ...refusals },
});

const deployments = createRoute({
  method: "get",
  path: "/deployments",
  tags: ["timeline"],
  summary: "What is or was at work",
  request: {
    query: z.strictObject({
      name: z.string().optional(),
      model: z.string().optional(),
      version: Ordinal.optional(),
      role: z.enum(["champion", "challenger", "shadow", "canary"]).optional(),
      at: z
        .union([z.literal("ever"), MomentQuery])
        .optional()
        .openapi({ type: "string", description: 'At work at this moment; "ever" for the whole history.' }),
      ...pageQuery,
    }),
  },
  responses: { 200: answer("Newest first.", pageOf(DeploymentDocument)), ...refusals },
});

export function timelineRoutes(app: OpenAPIHono<PawlEnv>, { ledger }: Ports): void {
  app.openapi(list, async (c) => {
    const { kind, subjectKind, subject, version, hash, actor, ...rest } = c.req.valid("query");
    const about = given({ kind: subjectKind, name: subject, version, hash });
    const page = await ledger.timeline.query({
      ...given(rest),
      ...(kind !== undefined && { kinds: kind.split(",") }),
      ...(Object.keys(about).length > 0 && { subject: about }),
      ...(actor !== undefined && { actor: { name: actor } }),
    });
    return c.json(shownPage(page, shownEntry), 200);
  });
  app.openapi(get, async (c) => {
    const { id } = c.req.valid("param");
    const found = await ledger.timeline.get(id);
    if (!found) throw missing(`entry ${id} on the timeline`, "List what there is: GET /api/v1/timeline");
    return c.json(shownEntry(found), 200);
  });
  app.openapi(deployments, async (c) => {
    return c.json(
      shownPage(await ledger.deployments.list(given(c.req.valid("query"))), shownDeployment),
      200,
    );
  });
}
