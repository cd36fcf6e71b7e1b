import type { ScalarKind } from "@pawl/core";
import { badValueMark } from "../engine/duckdb-error.ts";
import { double, ident, text } from "../engine/sql.ts";

/**
 * How columns look once read: int, float, timestamp and duration are DOUBLE (µs for times), null where not
 * finite; bigint is BIGINT; bool BOOLEAN; string VARCHAR. Everything after this file knows only these.
 */
export const readTypes: Readonly<Record<ScalarKind, string>> = {
  int: "DOUBLE",
  float: "DOUBLE",
  timestamp: "DOUBLE",
  duration: "DOUBLE",
  bigint: "BIGINT",
  bool: "BOOLEAN",
  string: "VARCHAR",
};

const smallIntegers: ReadonlySet<string> = new Set([
  "TINYINT",
  "SMALLINT",
  "INTEGER",
  "UTINYINT",
  "USMALLINT",
  "UINTEGER",
]);
const wideIntegers: ReadonlySet<string> = new Set(["BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT"]);
const fractions: ReadonlySet<string> = new Set(["FLOAT", "DOUBLE"]);
const moments: ReadonlySet<string> = new Set([
  "TIMESTAMP",
  "TIMESTAMP_S",
  "TIMESTAMP_MS",
  "TIMESTAMP_NS",
  "TIMESTAMP WITH TIME ZONE",
  "DATE",
]);

const isDecimal = (type: string): boolean => type.startsWith("DECIMAL");
const isEnum = (type: string): boolean => type.startsWith("ENUM");

/** What a column of this kind may be in a file, in words. */
export const acceptedTypes: Readonly<Record<ScalarKind, string>> = {
  int: "an integer type, or floating numbers that are whole",
  float: "a number type",
  bigint: "an integer type of at most 64 bits, signed",
  bool: "BOOLEAN",
  string: "text (VARCHAR, ENUM or UUID)",
  timestamp: "TIMESTAMP, TIMESTAMP WITH TIME ZONE or DATE",
  duration: "INTERVAL, or a number of microseconds",
};

/**
 * SQL that reads a physical column as a kind, or undefined when its type is of another nature. Values that
 * do not fit (a fraction declared int, a whole number beyond 2⁵³) stop the query as `bad_data`.
 * `asText` says that a VARCHAR column is a CSV or JSON cell to be parsed.
 */
export function readColumn(
  source: string,
  name: string,
  physical: string,
  type: string,
  kind: ScalarKind,
  asText: boolean,
): string | undefined {
  const column = ident(physical);
  const fail = (expected: string): string =>
    `error(${text(`${badValueMark}"${source}.${name}"\u001f${expected}\u001f`)} || ${column}::VARCHAR)`;
  if (type === '"NULL"' || type === "NULL") return `NULL::${readTypes[kind]}`;
  if (type === "JSON" || (type === "VARCHAR" && asText)) {
    const cell = type === "JSON" ? `(${column} ->> '$')` : column;
    return readText(cell, kind, fail);
  }
  const whole = `CASE WHEN ${column} = floor(${column}) AND abs(${column}) <= 9007199254740991 THEN ${column}::DOUBLE WHEN NOT isfinite(${column}::DOUBLE) THEN NULL ELSE ${fail("a whole number up to 2⁵³")} END`;
  const inRange = `CASE WHEN ${column} BETWEEN -9007199254740991 AND 9007199254740991 THEN ${column}::DOUBLE WHEN ${column} IS NULL THEN NULL ELSE ${fail("a whole number up to 2⁵³; declare it t.bigint")} END`;
  switch (kind) {
    case "int":
      if (smallIntegers.has(type)) return `${column}::DOUBLE`;
      if (wideIntegers.has(type)) return inRange;
      if (fractions.has(type) || isDecimal(type))
        return whole.replace("CASE", `CASE WHEN ${column} IS NULL THEN NULL`);
      return undefined;
    case "float":
      if (smallIntegers.has(type) || wideIntegers.has(type) || isDecimal(type)) return `${column}::DOUBLE`;
      if (fractions.has(type)) return `CASE WHEN isfinite(${column}) THEN ${column}::DOUBLE END`;
      return undefined;
    case "bigint":
      if (smallIntegers.has(type) || wideIntegers.has(type)) return `${column}::BIGINT`;
      return undefined;
    case "bool":
      return type === "BOOLEAN" ? column : undefined;
    case "string":
      if (type === "VARCHAR") return column;
      return isEnum(type) || type === "UUID" ? `${column}::VARCHAR` : undefined;
    case "timestamp":
      return moments.has(type) ? `epoch_us(${column})::DOUBLE` : undefined;
    case "duration":
      if (type === "INTERVAL") return `epoch_us(${column})::DOUBLE`;
      if (smallIntegers.has(type)) return `${column}::DOUBLE`;
      if (wideIntegers.has(type)) return inRange;
      if (fractions.has(type)) return `CASE WHEN isfinite(${column}) THEN round(${column}) END`;
      return undefined;
  }
}

function readText(cell: string, kind: ScalarKind, fail: (expected: string) => string): string {
  if (kind === "string") return cell;
  const parsed = (type: string, expected: string): string =>
    `CASE WHEN ${cell} IS NULL OR trim(${cell}) = '' THEN NULL ELSE coalesce(TRY_CAST(trim(${cell}) AS ${type}), ${fail(expected)}) END`;
  switch (kind) {
    case "bool":
      return parsed("BOOLEAN", "true or false");
    case "bigint":
      return parsed("BIGINT", "a whole number of 64 bits");
    case "timestamp":
      return `epoch_us(${parsed("TIMESTAMPTZ", "a date and time in ISO 8601")})::DOUBLE`;
    case "float":
    case "duration": {
      const number = parsed("DOUBLE", kind === "float" ? "a number" : "a number of microseconds");
      return `nullif(nullif(nullif(${number}, ${inf}), -${inf}), ${nan})`;
    }
    case "int": {
      const number = parsed("DOUBLE", "a whole number");
      return `CASE WHEN TRY_CAST(trim(${cell}) AS DOUBLE) <> floor(TRY_CAST(trim(${cell}) AS DOUBLE)) OR abs(TRY_CAST(trim(${cell}) AS DOUBLE)) > ${double(Number.MAX_SAFE_INTEGER)} THEN ${fail("a whole number up to 2⁵³")} ELSE ${number} END`;
    }
  }
}

const inf = "'inf'::DOUBLE";
const nan = "'nan'::DOUBLE";
