import { type AggregateNode, canonicalJson, type ExprNode, type Json, type Kind } from "@pawl/core";

/**
 * How an argument travels to the sweep as a double:
 * `number` as it is; `bool` as 0 or 1; `presence` as 1 where not null; `hash` for approximate counts;
 * `code` as its place in a sorted dictionary, for text and 64-bit identifiers.
 */
export type Encoding = "number" | "bool" | "presence" | "hash" | "code";

export interface EncodedArgument {
  readonly node: ExprNode;
  readonly encoding: Encoding;
}

export function encodingOf({ fn, arg }: AggregateNode): EncodedArgument | undefined {
  if (!arg) return undefined;
  if (fn === "approxDistinctCount") return { node: arg, encoding: "hash" };
  if (arg.kind === "bool") return { node: arg, encoding: "bool" };
  if (arg.kind !== "string" && arg.kind !== "bigint") return { node: arg, encoding: "number" };
  return { node: arg, encoding: fn === "count" ? "presence" : "code" };
}

/** Two arguments of the same meaning and encoding are one column. */
export function meaningOf({ node, encoding }: EncodedArgument): string {
  return `${encoding} ${canonicalJson(node as unknown as Json)}`;
}

export const nullDouble = "'nan'::DOUBLE";

/** SQL of an encoded argument. `dictionary` is the ENUM type of a code. */
export function encodedSql(
  sql: string,
  kind: Kind,
  encoding: Encoding,
  dictionary: string | undefined,
): string {
  switch (encoding) {
    case "number":
      return sql;
    case "bool":
      return `(${sql})::DOUBLE`;
    case "presence":
      return `CASE WHEN (${sql}) IS NOT NULL THEN 1::DOUBLE END`;
    case "hash":
      return `('0x' || md5(${hashedText(sql, kind)})[1:13])::BIGINT::DOUBLE`;
    case "code": {
      const text = kind === "bigint" ? `(${sql})::VARCHAR` : `(${sql})`;
      return `enum_code(${text}::${dictionary})::DOUBLE`;
    }
  }
}

/** The text that is hashed; see valueText in core/aggregates/value-hash.ts. */
function hashedText(sql: string, kind: Kind): string {
  if (kind === "string") return sql;
  if (kind === "bigint" || kind === "bool") return `(${sql})::VARCHAR`;
  return `(CASE WHEN abs(${sql}) <= 9007199254740992 AND floor(${sql}) = ${sql} THEN (${sql})::BIGINT::VARCHAR ELSE 'f' || (${sql})::BIT::BIGINT END)`;
}

/** SQL of a value from a dictionary, given its code as DOUBLE; null for null. */
export function decodedSql(code: string, kind: Kind, dictionary: string): string {
  const value = `enum_range(NULL::${dictionary})[(${code})::BIGINT + 1]`;
  return kind === "bigint" ? `(${value})::BIGINT` : value;
}
