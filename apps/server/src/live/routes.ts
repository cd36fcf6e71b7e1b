import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { formatInstant, instant, PawlError, type Value, writeValue } from "@pawl/core";
import type { Acknowledgement, FactInput, RowInput } from "@pawl/present";
import type { Context } from "hono";
import { readText, requireMediaType } from "../http/body.ts";
import type { PawlEnv } from "../http/edge.ts";
import { answer, Moment, refusals } from "../native/schemas.ts";
import type { Ports } from "../ports.ts";
import type { Live } from "./live.ts";
import { parseLossless } from "./lossless-json.ts";
import { pushStream } from "./push-stream.ts";

const Cells = z.record(z.string(), z.unknown());

const AcknowledgementDocument = z
  .object({
    added: z.number().int(),
    corrected: z.number().int(),
    unchanged: z.number().int(),
    removed: z.number().int(),
    sequence: z.number().int(),
    asOf: Moment.openapi({
      description: "A reader at this moment or later sees all of it that is known by then.",
    }),
  })
  .openapi("Acknowledgement");

const named = z.object({ name: z.string() });
const tags = ["facts and features"];
const body = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { "application/json": { schema } },
});

const push = createRoute({
  method: "post",
  path: "/sources/{name}/facts",
  tags,
  summary: "Push facts",
  description:
    "All or nothing. When this is answered, the facts are on disk and the next read sees them. " +
    "With Content-Type application/x-ndjson the body is one fact a line and of any length: it is taken in " +
    "batches of 1,000, each all or nothing, at the pace of the disk.",
  request: {
    params: named,
    query: z.object({ id: z.string().optional().openapi({ description: "Of a stream: as id of a push." }) }),
    body: body(
      z
        .strictObject({
          facts: z.array(Cells),
          id: z.string().optional().openapi({
            description: "Names this push: the same name again changes nothing and gives the first answer.",
          }),
        })
        .openapi("PushRequest"),
    ),
  },
  responses: { 200: answer("They are kept.", AcknowledgementDocument), ...refusals },
});

const remove = createRoute({
  method: "post",
  path: "/sources/{name}/facts/remove",
  tags,
  summary: "Remove facts by their keys",
  request: {
    params: named,
    body: body(z.strictObject({ keys: z.array(Cells), id: z.string().optional() }).openapi("RemoveRequest")),
  },
  responses: {
    200: answer("They are removed; keys not there are passed over.", AcknowledgementDocument),
    ...refusals,
  },
});

const vectors = createRoute({
  method: "post",
  path: "/views/{name}/vectors",
  tags,
  summary: "Read features",
  description: "Fills the rows of a view, of a model's view, or of a whole group.",
  request: {
    params: named,
    body: body(
      z.strictObject({ rows: z.array(Cells).min(1), asOf: Moment.optional() }).openapi("VectorsRequest"),
    ),
  },
  responses: {
    200: answer(
      "In the order of the rows; a list for each row, in the order of names.",
      z
        .object({
          names: z.array(z.string()),
          kinds: z.array(z.string()),
          values: z.array(z.array(z.unknown())),
          statuses: z.array(
            z.array(z.enum(["present", "null", "not_found", "outside_max_age", "backfilling"])),
          ),
          eventTimes: z.array(z.array(Moment.nullable())),
          asOf: z.array(Moment),
        })
        .openapi("Vectors"),
    ),
    ...refusals,
  },
});

/** Facts in, features out. Checked by hand like predictions, for they are as busy. */
export function liveRoutes(app: OpenAPIHono<PawlEnv>, ports: Ports, live: Live): void {
  const { limits } = ports;
  const { present } = live;
  for (const route of [push, remove, vectors]) app.openAPIRegistry.registerPath(route);

  const read = async <F extends string>(
    c: Context,
    fields: readonly F[],
  ): Promise<{ [K in F]?: unknown }> => {
    requireMediaType(c, "application/json");
    const given = parseLossless(await readText(c, limits.bodyBytes));
    if (!isObject(given)) throw wrong("The body is not an object.", fields.join(", "));
    for (const key of Object.keys(given)) {
      if ((fields as readonly string[]).includes(key)) continue;
      throw new PawlError("invalid_input", `The body has an unknown field "${key}".`, {
        found: key,
        expected: fields.join(", "),
      });
    }
    return given as { [K in F]?: unknown };
  };

  app.post("/sources/:name/facts", async (c) => {
    if (/^application\/(x-)?ndjson\b/i.test(c.req.header("content-type") ?? "")) {
      const { body: stream } = c.req.raw;
      const bytes = (stream ?? []) as unknown as AsyncIterable<Uint8Array>;
      const { asOf, ...counts } = await pushStream(present, c.req.param("name"), bytes, c.req.query("id"));
      return c.json({ ...counts, removed: 0, asOf: formatInstant(instant(asOf)) });
    }
    const { facts, id } = await read(c, ["facts", "id"]);
    const options = pushOptions(id);
    return c.json(
      acknowledged(await present.push(c.req.param("name"), objects<FactInput>(facts, "facts"), options)),
    );
  });
  app.post("/sources/:name/facts/remove", async (c) => {
    const { keys, id } = await read(c, ["keys", "id"]);
    const options = pushOptions(id);
    return c.json(
      acknowledged(await present.remove(c.req.param("name"), objects<FactInput>(keys, "keys"), options)),
    );
  });
  app.post("/views/:name/vectors", async (c) => {
    const { rows, asOf } = await read(c, ["rows", "asOf"]);
    const asked = objects<RowInput>(rows, "rows");
    if (asked.length === 0) throw wrong("rows is empty.", "at least one row");
    if (asOf !== undefined && typeof asOf !== "string") throw wrong("asOf is not a moment.", "ISO 8601 text");
    const found = await present.vectors(c.req.param("name"), asked, asOf === undefined ? {} : { asOf });
    const { names, kinds, statuses } = found;
    return c.json({
      names,
      kinds,
      values: found.values.map((row) => row.map((value: Value, i) => writeValue(kinds[i] ?? "float", value))),
      statuses,
      eventTimes: found.eventTimes.map((row) => row.map((at) => (at === null ? null : formatInstant(at)))),
      asOf: found.asOf.map(formatInstant),
    });
  });
}

function pushOptions(id: unknown): { id?: string } {
  if (id === undefined) return {};
  if (typeof id === "string" && id !== "") return { id };
  throw wrong("id is not a name.", "text");
}

function acknowledged({ asOf, ...counts }: Acknowledgement): z.input<typeof AcknowledgementDocument> {
  return { ...counts, asOf: formatInstant(asOf) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function objects<T>(given: unknown, field: string): T[] {
  if (!Array.isArray(given)) throw wrong(`${field} is not a list.`, "a list of objects");
  const bad = given.findIndex((item) => !isObject(item));
  if (bad < 0) return given as T[];
  throw new PawlError("invalid_input", `Item ${bad} of ${field} is not an object.`, {
    expected: "column → value",
    details: { row: bad },
  });
}

const wrong = (message: string, expected: string): PawlError =>
  new PawlError("invalid_input", message, { expected });
