import type { Value } from "@pawl/core";

/** A fact of a source or a row of a spine: column → value. A column that is missing is null. */
export type Row = Readonly<Record<string, Value>>;

/** Facts by the name of their source, in no particular order. */
export type Facts = Readonly<Record<string, readonly Row[]>>;

/** A cell as every engine must read it: NaN and ±∞ are not known, and neither is what is missing. */
export function cell(row: Row, column: string): Value {
  // A column may have a name that every object knows, such as "constructor".
  const value = Object.hasOwn(row, column) ? row[column] : null;
  return value === undefined || (typeof value === "number" && !Number.isFinite(value)) ? null : value;
}
