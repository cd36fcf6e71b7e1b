import { PawlError } from "@pawl/core";
import type { Context } from "hono";
import type { z } from "zod";
import { parseJson, readText } from "../http/body.ts";
import type { Desk } from "./desk.ts";
import type { ConflictCode } from "./wire-error.ts";

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** One call of the wire: where it is, what it takes and what it answers. */
export interface Endpoint {
  readonly methods: readonly Method[];
  /** Below `/mlflow`, in Hono's pattern form. */
  readonly path: string;
  readonly conflict: ConflictCode | undefined;
  answer(context: Context, desk: Desk): Promise<object>;
}

interface Settings<Input extends z.ZodType> {
  readonly input: Input;
  /** What this call names a conflict found by the ledger. */
  readonly conflict?: ConflictCode;
  /** Bytes a body may have. A dataset's profile alone may be 16 MB. */
  readonly most?: number;
}

const usualMost = 20_000_000;

/**
 * States a call as "POST /runs/create" or "POST,GET /experiments/search". Fields come from the query (GET),
 * the JSON body (others) and the path; unknown ones are passed over.
 */
export function endpoint<Input extends z.ZodType>(
  where: string,
  settings: Settings<Input>,
  answer: (input: z.output<Input>, desk: Desk) => Promise<object>,
): Endpoint {
  const [methods = "", path = ""] = where.split(" ");
  return {
    methods: methods.split(",") as Method[],
    path,
    conflict: settings.conflict,
    answer: async (context, desk) => {
      const fields = await fieldsOf(context, settings.most ?? usualMost);
      return answer(checked(settings.input, fields), desk);
    },
  };
}

async function fieldsOf(c: Context, most: number): Promise<Readonly<Record<string, unknown>>> {
  const path = c.req.param();
  if (c.req.method === "GET") return { ...queryOf(c), ...path };
  const text = await readText(c, most);
  // DELETE carries a body as a rule, but a tag of a logged model is named by the path alone.
  if (text.trim() === "") return { ...queryOf(c), ...path };
  const body = parseJson(text);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body, ...path };
  throw new PawlError("invalid_input", "The body is not a JSON object.", {
    found: Array.isArray(body) ? "a list" : typeof body,
    expected: "an object of named fields",
  });
}

/** A name given several times is a list. */
function queryOf(c: Context): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function checked<Input extends z.ZodType>(input: Input, fields: unknown): z.output<Input> {
  const result = input.safeParse(fields);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = issue?.path.reduce<string>(
    (path, part) =>
      typeof part === "number" ? `${path}[${part}]` : path === "" ? String(part) : `${path}.${String(part)}`,
    "",
  );
  const value = issue?.path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    fields,
  );
  if (value === undefined) {
    throw new PawlError("invalid_input", `Missing value for required parameter '${name}'.`, {
      next: "See the MLflow REST API for what this call takes.",
    });
  }
  const shown = JSON.stringify(value) ?? String(value);
  throw new PawlError("invalid_input", `Invalid value for parameter '${name}': ${issue?.message}.`, {
    found: shown.length > 100 ? `${shown.slice(0, 100)}…` : shown,
  });
}
