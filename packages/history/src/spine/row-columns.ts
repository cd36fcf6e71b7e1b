import {
  type InstantInput,
  parseDuration,
  parseInstant,
  PawlError,
  type ScalarKind,
  toPawlError,
} from "@pawl/core";
import type { AppendColumn } from "../engine/append.ts";
import type { SpineKinds } from "./spine.ts";

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Rows given in memory as columns, each value checked against its declared kind (`invalid_input`). */
export function rowColumns(rows: Rows, kinds: SpineKinds): AppendColumn[] {
  return Object.entries(kinds).map(([name, kind]): AppendColumn => {
    const read = readers[kind];
    const cells = (make: (value: unknown) => unknown): unknown[] =>
      rows.map((row, position) => {
        const value = row[name];
        if (value === null || value === undefined) return null;
        try {
          return make(value);
        } catch (thrown) {
          throw new PawlError("invalid_input", `Row ${position} of the spine has a wrong "${name}".`, {
            found: `${typeof value} ${String(value).slice(0, 100)}`,
            expected: expected[kind],
            cause: toPawlError(thrown),
          });
        }
      });
    if (kind === "string") return { name, type: "VARCHAR", values: cells(read) as (string | null)[] };
    if (kind === "bigint") return { name, type: "BIGINT", values: cells(read) as (bigint | null)[] };
    if (kind === "bool") return { name, type: "BOOLEAN", values: cells(read) as (boolean | null)[] };
    const numbers = cells(read) as (number | null)[];
    return { name, type: "DOUBLE", values: Float64Array.from(numbers, (x) => x ?? Number.NaN) };
  });
}

const expected: Readonly<Record<ScalarKind, string>> = {
  string: "text",
  int: "a whole number",
  bigint: "a bigint, or a whole number",
  float: "a number",
  bool: "true or false",
  timestamp: "a moment: ISO 8601, a Date, or whole microseconds",
  duration: 'a length of time such as "3h", or microseconds',
};

function mismatch(): never {
  throw new PawlError("invalid_input", "Not of the declared kind.");
}

const readers: Readonly<Record<ScalarKind, (value: unknown) => unknown>> = {
  string: (value) => (typeof value === "string" ? value : mismatch()),
  int: (value) => (Number.isSafeInteger(value) ? value : mismatch()),
  float: (value) => (typeof value === "number" ? (Number.isFinite(value) ? value : null) : mismatch()),
  bool: (value) => (typeof value === "boolean" ? value : mismatch()),
  bigint: (value) => {
    if (typeof value === "bigint") return value === BigInt.asIntN(64, value) ? value : mismatch();
    return Number.isSafeInteger(value) ? BigInt(value as number) : mismatch();
  },
  // Expressions may give moments beyond the range of an Instant; they are asked about as they are.
  timestamp: (value) => (Number.isInteger(value) ? value : parseInstant(value as InstantInput)),
  duration: (value) => {
    if (typeof value === "string") return parseDuration(value, { allowZero: true });
    return Number.isSafeInteger(value) ? value : mismatch();
  },
};
