import { setImmediate as yieldToOthers } from "node:timers/promises";
import { PawlError } from "@pawl/core";
import type { Sql, SqlValue } from "./database.ts";

/** A piece of SQL and the values bound in it, in order. */
export interface Piece {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export function piece(text: string, ...values: readonly SqlValue[]): Piece {
  return { text, values };
}

/** Conditions that must all hold; those left undefined do not count. */
export function where(conditions: readonly (Piece | undefined)[]): Piece {
  const real = conditions.filter((condition) => condition !== undefined);
  if (real.length === 0) return { text: "", values: [] };
  return {
    text: `WHERE ${real.map(({ text }) => `(${text})`).join(" AND ")}`,
    values: real.flatMap(({ values }) => values),
  };
}

/** `column = ?` when a value is given. */
export function equal(column: string, value: SqlValue | undefined): Piece | undefined {
  return value === undefined ? undefined : piece(`${column} = ?`, value);
}

/** A part of a text, upper and lower case alike; the caller's % and _ mean themselves. */
export function contains(column: string, part: string | undefined): Piece | undefined {
  if (part === undefined) return undefined;
  const pattern = `%${part.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return piece(`LOWER(${column}) LIKE LOWER(?) ESCAPE '\\'`, pattern);
}

/** Values in a list of the caller's at most; databases allow some 32,000 in a whole statement. */
const longestList = 5_000;

/** `column IN (…)`; nothing is in an empty list. `mark` is how each value is bound. */
export function oneOf(column: string, values: readonly SqlValue[], mark = "?"): Piece {
  if (values.length === 0) return piece("1 = 0");
  if (values.length > longestList) {
    throw new PawlError("invalid_input", "A list in the question is too long.", {
      found: `${values.length} values`,
      expected: `at most ${longestList}`,
      next: "Ask in several parts.",
    });
  }
  return piece(`${column} IN (${values.map(() => mark).join(",")})`, ...values);
}

/** Values bound in one IN list; well below what databases allow. */
const listSize = 500;

/** Rows for many keys: `text` must hold one `IN (@keys)`. */
export async function allOf<Row>(sql: Sql, text: string, keys: readonly SqlValue[]): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (let start = 0; start < keys.length; start += listSize) {
    // A page may have 50,000 rows; the program must go on answering meanwhile.
    if (start > 0) await yieldToOthers();
    const some = keys.slice(start, start + listSize);
    // Always a full list, padded with the last key, so that one prepared statement serves all sizes.
    const width = some.length === 1 ? 1 : some.length <= 20 ? 20 : listSize;
    const padded = [...some, ...Array.from({ length: width - some.length }, () => some.at(-1) ?? null)];
    const rows = await sql.all<Row>(text.replace("@keys", padded.map(() => "?").join(",")), padded);
    for (const row of rows) found.push(row);
  }
  return found;
}
