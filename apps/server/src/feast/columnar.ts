import { PawlError, type ScalarKind } from "@pawl/core";

/** A table as Feast sends it: column → values. */
export type Columnar = Readonly<Record<string, readonly unknown[]>>;

/** The rows of a columnar table; kinds say which columns are numbers. All columns must be of one length. */
export function rowsOf(table: Columnar, kinds: ReadonlyMap<string, ScalarKind>): Record<string, unknown>[] {
  const columns = Object.entries(table);
  const lengths = new Set(columns.map(([, values]) => values.length));
  if (lengths.size > 1) {
    throw new PawlError("invalid_input", "Columns are of different lengths.", {
      found: columns.map(([name, values]) => `${name}: ${values.length}`).join(", "),
    });
  }
  const [length = 0] = lengths;
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, coerced(kinds.get(name), values[i])])),
  );
}

/** Feast takes a whole number as text for a numeric key. */
function coerced(kind: ScalarKind | undefined, value: unknown): unknown {
  if (kind === "int" && typeof value === "string" && /^-?\d{1,16}$/.test(value)) return Number(value);
  if (
    kind === "float" &&
    typeof value === "string" &&
    value.trim() !== "" &&
    Number.isFinite(Number(value))
  ) {
    return Number(value);
  }
  return value;
}
