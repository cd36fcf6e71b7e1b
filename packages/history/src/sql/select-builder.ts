import {
  type AsOfNode,
  type CallNode,
  type ColumnNode,
  type ExprNode,
  type LiteralNode,
  PawlError,
} from "@pawl/core";
import { bigint, double, ident, text } from "../engine/sql.ts";
import { functionSql, sqlType } from "./function-sql.ts";

/** How leaves are written: columns by name, and the moment of the row. */
export interface Scope {
  readonly column: (node: ColumnNode) => string;
  readonly asOf: (node: AsOfNode) => string;
}

interface Part {
  readonly sql: string;
  /** In which of the nested selects all its columns are there; 0 is the innermost. */
  readonly layer: number;
  /** A column or a literal: may be repeated at no cost. */
  readonly atomic: boolean;
  /** May be infinite or NaN where it should be null. */
  readonly unchecked: boolean;
}

/**
 * Compiles expressions over one relation into one SELECT. What a template mentions more than once becomes a
 * column of an inner select, so the text stays as long as the expression, and equal parts are computed once.
 */
export class SelectBuilder {
  readonly #from: string;
  readonly #scope: Scope;
  readonly #layers: string[][] = [];
  readonly #known = new Map<string, Part>();
  readonly #outputs: { readonly name: string; readonly part: Part }[] = [];
  #serial = 0;

  constructor(from: string, scope: Scope) {
    this.#from = from;
    this.#scope = scope;
  }

  /** Adds an expression as an output column. `shape` wraps its SQL, once. */
  add(name: string, node: ExprNode, shape: (sql: string) => string = (sql) => sql): this {
    const part = this.#checked(this.#compile(node));
    this.#outputs.push({ name, part: { ...part, sql: shape(part.sql) } });
    return this;
  }

  /** Adds SQL of our own over the relation's columns. */
  addSql(name: string, sql: string): this {
    this.#outputs.push({ name, part: { sql, layer: 0, atomic: false, unchecked: false } });
    return this;
  }

  /** The SELECT, without WHERE or ORDER BY. */
  build(): string {
    let from = this.#from;
    for (const columns of this.#layers) from = `(SELECT *, ${columns.join(", ")} FROM ${from})`;
    const outputs = this.#outputs.map(({ name, part }) => `${part.sql} AS ${ident(name)}`);
    return `SELECT ${outputs.join(", ")} FROM ${from}`;
  }

  #compile(node: ExprNode): Part {
    const meaning = JSON.stringify(node);
    const known = this.#known.get(meaning);
    if (known) return known;
    const part = this.#made(node);
    this.#known.set(meaning, part);
    return part;
  }

  #made(node: ExprNode): Part {
    const leaf = { layer: 0, atomic: true, unchecked: false };
    switch (node.op) {
      case "literal":
        return { ...leaf, sql: literalSql(node) };
      case "column":
        return { ...leaf, sql: this.#scope.column(node) };
      case "asOf":
        return { ...leaf, sql: this.#scope.asOf(node) };
      case "call":
        return this.#call(node);
      default:
        throw new PawlError("internal", `A ${node.op} cannot be compiled to SQL.`);
    }
  }

  #call(node: CallNode): Part {
    const template = functionSql[node.fn];
    if (!template) throw new PawlError("unsupported", `History cannot compute "${node.fn}".`);
    const args = node.args.map((arg) => {
      const part = this.#compile(arg);
      const checked = template.result === "carries" ? part : this.#checked(part);
      return template.repeats ? this.#atomic(checked) : checked;
    });
    const sql = template.sql(
      args.map((arg) => arg.sql),
      node,
    );
    const layer = Math.max(0, ...args.map((arg) => arg.layer));
    return { sql, layer, atomic: false, unchecked: template.result !== "finite" };
  }

  /** Null where not finite. */
  #checked(part: Part): Part {
    if (!part.unchecked) return part;
    const { sql, layer } = this.#atomic(part);
    return { sql: `CASE WHEN isfinite(${sql}) THEN ${sql} END`, layer, atomic: false, unchecked: false };
  }

  /** The part as a column. */
  #atomic(part: Part): Part {
    if (part.atomic) return part;
    const known = this.#known.get(part.sql);
    if (known) return known;
    const name = ident(`$x${this.#serial++}`);
    const columns = (this.#layers[part.layer] ??= []);
    columns.push(`${part.sql} AS ${name}`);
    const made: Part = { sql: name, layer: part.layer + 1, atomic: true, unchecked: part.unchecked };
    this.#known.set(part.sql, made);
    return made;
  }
}

function literalSql({ kind, value }: LiteralNode): string {
  if (value === null) return `NULL::${sqlType(kind)}`;
  if (kind === "bigint") return bigint(BigInt(value));
  if (typeof value === "string") return text(value);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  return double(value);
}
