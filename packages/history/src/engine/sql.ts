import { PawlError } from "@pawl/core";

/** An identifier, quoted. The only way a name gets into SQL. */
export function ident(name: string): string {
  if (name.includes("\0")) {
    throw new PawlError("invalid_input", "A name contains a NUL character.", { found: JSON.stringify(name) });
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text as a literal. A NUL, which ends SQL text, is spelled chr(0). */
export function text(value: string): string {
  const parts = value.split("\0").map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? (parts[0] ?? "''") : `(${parts.join(" || chr(0) || ")})`;
}

/** A finite double as a literal that reads back to the same bits. */
export function double(value: number): string {
  if (!Number.isFinite(value)) {
    throw new PawlError("internal", "A literal must be finite.", { found: String(value) });
  }
  const digits = Object.is(value, -0) ? "-0" : String(value);
  return `'${digits}'::DOUBLE`;
}

/** A 64-bit integer as a literal. */
export function bigint(value: bigint): string {
  return `'${value}'::BIGINT`;
}

/** A list of literals or expressions. */
export function list(items: readonly string[]): string {
  return items.join(", ");
}
