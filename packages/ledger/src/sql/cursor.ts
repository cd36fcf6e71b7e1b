import { createHash } from "node:crypto";
import { PawlError } from "@pawl/core";
import { canonicalJson } from "../canonical-json.ts";
import type { PageRequest } from "../words.ts";
import type { SqlValue } from "./database.ts";

/** Marks a question, so that a cursor is not used with another one. */
export function questionMark(question: unknown): string {
  return createHash("sha256")
    .update(canonicalJson(spelled(question)))
    .digest("base64url")
    .slice(0, 16);
}

/** The same question with its infinite numbers as text, for they have no JSON. */
function spelled(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return { infinite: String(value) };
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, spelled(member)]));
}

/** Where a page ended: the order values of its last row. Opaque to callers. */
export function writeCursor(mark: string, position: readonly SqlValue[]): string {
  const values = position.map((value) =>
    typeof value === "number" && !Number.isFinite(value) ? { infinite: Math.sign(value) } : value,
  );
  return Buffer.from(JSON.stringify([mark, ...values])).toString("base64url");
}

/** The position a cursor stands for; `invalid_input` unless it was made for this very question. */
export function readCursor(cursor: string, mark: string, width: number): readonly SqlValue[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(parsed) && parsed.length === width + 1 && parsed[0] === mark) {
      return parsed.slice(1).map(sqlValue);
    }
  } catch {
    // Not a cursor at all; the same answer as for one of another question.
  }
  throw new PawlError("invalid_input", "The page cursor does not fit this question.", {
    found: cursor.slice(0, 40),
    expected: "`next` of the page before, with the same filter and order",
    next: "Start again without a cursor.",
  });
}

function sqlValue(value: unknown): SqlValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "object" && "infinite" in value) return Number(value.infinite) * Infinity;
  throw new TypeError("not a cursor value");
}

/** The page size asked for, within what the query allows. */
export function pageLimit(request: PageRequest, usual: number, most: number): number {
  const { limit = usual } = request;
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new PawlError("invalid_input", "The page size is not possible.", {
    found: String(limit),
    expected: `1 to ${most}`,
    next: "Ask for a smaller page and follow `next`.",
  });
}
