import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ExprNode, FunctionName } from "./expression-node.ts";
import { rewrite } from "./expression-node.ts";

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** JSON with sorted keys and no undefined: the same value always gives the same text. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter((entry): entry is [string, Json] => entry[1] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 of the canonical JSON, in hex: what two equal meanings share. */
export function contentHash(value: Json): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/** Exactly commutative on two arguments. Sums are not reordered further: floating addition is not associative. */
const commutative: ReadonlySet<FunctionName> = new Set(["add", "multiply", "equal"]);
/** Commutative, associative and idempotent: arguments form a set. */
const setLike: ReadonlySet<FunctionName> = new Set(["and", "or", "least", "greatest"]);

/**
 * The canonical form of an expression: the same tree for `a + b` and `b + a`, `x > 1` and `1 < x`,
 * `not not x` and `x`, conditions in any order. It never changes a value.
 */
export function canonicalNode(node: ExprNode): ExprNode {
  return rewrite(node, (inner) => {
    if (inner.op !== "call") return inner;
    const { fn } = inner;
    if (fn === "not") {
      const [arg] = inner.args;
      if (arg?.op === "call" && arg.fn === "not" && arg.args[0]) return arg.args[0];
    }
    if (commutative.has(fn)) return { ...inner, args: sorted(inner.args) };
    if (setLike.has(fn)) {
      const flat = inner.args.flatMap((arg) => (arg.op === "call" && arg.fn === fn ? arg.args : [arg]));
      const args = sorted(unique(flat));
      return args.length === 1 && args[0] && args[0].kind === inner.kind ? args[0] : { ...inner, args };
    }
    if (fn === "in") {
      const [value, ...members] = inner.args;
      return value ? { ...inner, args: [value, ...sorted(unique(members))] } : inner;
    }
    return inner;
  });
}

const textOf = (node: ExprNode): string => canonicalJson(node as unknown as Json);

function sorted(nodes: readonly ExprNode[]): ExprNode[] {
  return [...nodes].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

function unique(nodes: readonly ExprNode[]): ExprNode[] {
  return [...new Map(nodes.map((node) => [textOf(node), node])).values()];
}
