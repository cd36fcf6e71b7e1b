/**
 * Kinds of value a column, expression or feature can have. `null` belongs to every kind and means "not known".
 *
 * | kind | in JavaScript | range |
 * |---|---|---|
 * | string | string | any Unicode text; ordered by code point |
 * | int | number | whole, |x| ≤ 2⁵³ − 1; arithmetic is that of doubles |
 * | bigint | bigint | 64-bit signed; for identifiers: compared and counted, no arithmetic |
 * | float | number | finite double; NaN and ±∞ become null |
 * | bool | boolean | |
 * | timestamp | number | microseconds since the epoch, UTC |
 * | duration | number | microseconds |
 */
export const scalarKinds = ["string", "int", "bigint", "float", "bool", "timestamp", "duration"] as const;
export type ScalarKind = (typeof scalarKinds)[number];
export type ListKind = `list<${ScalarKind}>`;
export type Kind = ScalarKind | ListKind;

export type Scalar = string | number | bigint | boolean;
export type Value = Scalar | null | readonly (Scalar | null)[];

/** The JavaScript type a value of kind K has when it is not null. */
export type JsOf<K extends Kind> = K extends "string"
  ? string
  : K extends "int" | "float" | "timestamp" | "duration"
    ? number
    : K extends "bigint"
      ? bigint
      : K extends "bool"
        ? boolean
        : K extends `list<${infer E extends ScalarKind}>`
          ? readonly JsOf<E>[]
          : never;

/** A declared column type. */
export interface ColumnType<K extends ScalarKind = ScalarKind> {
  readonly column: "value";
  readonly kind: K;
}

const columnType = <K extends ScalarKind>(kind: K): ColumnType<K> => ({ column: "value", kind });

/** Column types for sources and keys: `t.int`, `t.string`, … */
export const t = {
  string: columnType("string"),
  int: columnType("int"),
  bigint: columnType("bigint"),
  float: columnType("float"),
  bool: columnType("bool"),
  timestamp: columnType("timestamp"),
  duration: columnType("duration"),
} as const;

export const isNumeric = (kind: Kind): kind is "int" | "float" => kind === "int" || kind === "float";

export function isListKind(kind: Kind): kind is ListKind {
  return kind.startsWith("list<");
}

export function listOf<K extends ScalarKind>(kind: K): `list<${K}>` {
  return `list<${kind}>`;
}

export function elementKind(kind: ListKind): ScalarKind {
  return kind.slice(5, -1) as ScalarKind;
}
