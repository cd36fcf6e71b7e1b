import { type JsonValue, PawlError } from "@pawl/core";
import type { PredictRequest } from "@pawl/loop";

const fields = ["rows", "by", "asOf", "explain", "features"] as const;
const known: ReadonlySet<string> = new Set(fields);

/**
 * Reads the body of a prediction. Written by hand, not as a schema: it is the busiest place of the server,
 * and the values of rows are checked by the model's own columns anyway.
 */
export function predictRequest(model: string, body: unknown, maxRows: number): PredictRequest {
  if (!isObject(body)) throw wrong("The body is not an object.", kindOf(body), `{ "rows": [ … ] }`);
  for (const key in body) {
    if (!known.has(key)) throw wrong(`The body has an unknown field "${key}".`, key, fields.join(", "));
  }
  const { rows, by = "keys", asOf, explain = false, features = false } = body;
  if (!Array.isArray(rows)) throw wrong("rows is not a list.", kindOf(rows), "a list of objects");
  if (rows.length === 0) throw wrong("rows is empty.", "no rows", "at least one row");
  if (rows.length > maxRows) throw wrong("There are too many rows.", `${rows.length}`, `at most ${maxRows}`);
  for (let i = 0; i < rows.length; i++) {
    if (!isObject(rows[i])) {
      throw wrong(`Row ${i} is not an object.`, kindOf(rows[i]), "column → value", { row: i });
    }
  }
  if (by !== "keys" && by !== "values") throw wrong("by is not known.", shown(by), "keys or values");
  if (asOf !== undefined && typeof asOf !== "string") {
    throw wrong("asOf is not a moment.", shown(asOf), "ISO 8601 text, such as 2001-05-01T08:30:00Z");
  }
  if (typeof explain !== "boolean") throw wrong("explain is not yes or no.", shown(explain), "true or false");
  if (typeof features !== "boolean")
    throw wrong("features is not yes or no.", shown(features), "true or false");
  return {
    model,
    rows: rows as Readonly<Record<string, JsonValue>>[],
    by,
    explain,
    features,
    ...(asOf !== undefined && { asOf }),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function wrong(
  message: string,
  found: string,
  expected: string,
  details?: Record<string, unknown>,
): PawlError {
  return new PawlError("invalid_input", message, { found, expected, ...(details && { details }) });
}
