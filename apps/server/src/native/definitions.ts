import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppliedDefinition } from "@pawl/ledger";
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

const Definition = z
  .object({
    kind: z.string(),
    name: z.string(),
    version: z.number().int(),
    hash: z.string().openapi({ description: "SHA-256 of the meaning." }),
    document: AnyJson,
    dependsOn: z.array(z.string()).readonly(),
    appliedAt: Moment,
    removedAt: Moment.optional(),
  })
  .openapi("Definition");

function shown({ appliedAt, removedAt, ...definition }: AppliedDefinition): z.input<typeof Definition> {
  return { ...definition, appliedAt: momentText(appliedAt), ...maybeMoment("removedAt", removedAt) };
}

const one = { kind: z.string(), name: z.string() };

const list = createRoute({
  method: "get",
  path: "/definitions",
  tags: ["definitions"],
  summary: "List definitions",
  request: {
    query: z.strictObject({
      kind: z.string().optional(),
      name: z.string().optional(),
      hash: z.string().optional(),
      search: z.string().optional().openapi({ description: "A part of the name." }),
      presence: z.enum(["live", "removed", "both"]).optional(),
      asOf: MomentQuery.optional(),
      ...pageQuery,
    }),
  },
  responses: { 200: answer("Definitions by kind, name and version.", pageOf(Definition)), ...refusals },
});

const get = createRoute({
  method: "get",
  path: "/definitions/{kind}/{name}",
  tags: ["definitions"],
  summary: "Get a definition",
  request: { params: z.object(one), query: z.strictObject({ version: Ordinal.optional() }) },
  responses: { 200: answer("The newest version, or the one asked for.", Definition), ...refusals },
});

const versions = createRoute({
  method: "get",
  path: "/definitions/{kind}/{name}/versions",
  tags: ["definitions"],
  summary: "List the versions of a definition",
  request: { params: z.object(one) },
  responses: { 200: answer("Oldest first, removed ones included.", pageOf(Definition)), ...refusals },
});

export function definitionRoutes(app: OpenAPIHono<PawlEnv>, { ledger }: Ports): void {
  app.openapi(list, async (c) => {
    return c.json(shownPage(await ledger.definitions.list(given(c.req.valid("query"))), shown), 200);
  });
  app.openapi(get, async (c) => {
    const ref = { ...c.req.valid("param"), ...given(c.req.valid("query")) };
    const found = await ledger.definitions.get(ref);
    if (!found) throw missing(`${ref.kind} "${ref.name}"`, "List what there is: GET /api/v1/definitions");
    return c.json(shown(found), 200);
  });
  app.openapi(versions, async (c) => {
    const ref = c.req.valid("param");
    const items = await ledger.definitions.versions(ref);
    if (items.length === 0) {
      throw missing(`${ref.kind} "${ref.name}"`, "List what there is: GET /api/v1/definitions");
    }
    return c.json({ items: items.map(shown) }, 200);
  });
}
