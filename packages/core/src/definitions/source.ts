import { PawlError } from "../errors.ts";
import type { Entity } from "./entity.ts";
import { type ExprOf, type TimeExpr, wrap } from "./expression.ts";
import { type ExprNode, walk } from "./expression-node.ts";
import { featureGroup, type FeatureGroup, type FeatureExprs, type GroupOptions } from "./feature-group.ts";
import type { ColumnType, ScalarKind } from "./kind.ts";
import { checkName, checkVersion, type Described } from "./name.ts";

/** A column is a value of some kind, or a key of an entity. */
export type Column = ColumnType | Entity;
export type Columns = Readonly<Record<string, Column>>;

export type ColumnKind<C extends Column> =
  C extends Entity<string, infer K> ? K : C extends ColumnType<infer K> ? K : never;

/** Handles for the columns of one fact: what `(f) => …` receives. */
export type FactScope<C extends Columns> = { readonly [N in keyof C]: ExprOf<ColumnKind<C[N]>> };

/** The names of the columns of one kind. */
export type ColumnsOfKind<C extends Columns, K extends ScalarKind> = {
  [N in keyof C]: ColumnKind<C[N]> extends K ? N : never;
}[keyof C] &
  string;

/** Where the facts lie. Not part of a source's meaning: moving data does not change a feature. */
export type Location =
  | {
      readonly kind: "parquet" | "csv" | "json";
      readonly path: string;
      readonly rename?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "duckdb";
      readonly path: string;
      readonly table: string;
      readonly rename?: Readonly<Record<string, string>>;
    };

type FileOptions = {
  /** Declared column → column in the file, where they differ. */
  readonly rename?: Readonly<Record<string, string>>;
};

/** Parquet files; globs are allowed. Relative paths start at the project. */
export const parquet = (path: string, options: FileOptions = {}): Location => ({
  kind: "parquet",
  path,
  ...options,
});
/** CSV files with a header. Times without an offset are UTC. */
export const csv = (path: string, options: FileOptions = {}): Location => ({ kind: "csv", path, ...options });
/** Newline-delimited JSON files. */
export const json = (path: string, options: FileOptions = {}): Location => ({
  kind: "json",
  path,
  ...options,
});
/** A table or view of a DuckDB database file. */
export const duckdbTable = (path: string, table: string, options: FileOptions = {}): Location => ({
  kind: "duckdb",
  path,
  table,
  ...options,
});

export interface SourceOptions<C extends Columns> extends Described {
  readonly columns: C;
  /** The column that says when a fact happened. */
  readonly eventTime: ColumnsOfKind<C, "timestamp">;
  /** When we learned a fact: a column, or an expression over its columns. Default: the moment it happened. */
  readonly knownTime?: ColumnsOfKind<C, "timestamp"> | ((f: FactScope<C>) => TimeExpr);
  /** The columns that name one fact: pushing the same key again replaces it. */
  readonly key?: readonly (keyof C & string)[];
  readonly from?: Location;
  /** Raise it to give the same name a new meaning. Default 1. */
  readonly version?: number;
}

/** A stream or table of facts, each with an eventTime (it happened) and a knownTime (we learned it). */
export interface Source<N extends string = string, C extends Columns = Columns> extends Described {
  readonly definition: "source";
  readonly name: N;
  readonly version: number;
  readonly columns: C;
  readonly eventTime: string;
  readonly knownTime: ExprNode;
  readonly key: readonly string[];
  readonly from: Location | undefined;
  /** The columns of one fact, as handles. */
  readonly fact: FactScope<C>;
  /** Features of whatever these columns name: `flights.by("origin").features((f) => ({ … }))`. */
  by<const B extends keyof C & string>(...columns: [B, ...B[]]): Grouping<N, C, B>;
}

export interface Grouping<N extends string, C extends Columns, B extends string> {
  features<F extends FeatureExprs, const G extends string = `${N}_by_${B}`>(
    define: (f: FactScope<C>) => F,
    options?: GroupOptions<G>,
  ): FeatureGroup<G, F>;
}

/** Defines a source of facts. */
export function source<const N extends string, const C extends Columns>(
  name: N,
  options: SourceOptions<C>,
): Source<N, C> {
  checkName(name, "source");
  const { columns, eventTime, knownTime, key = [], from, version = 1, ...described } = options;
  checkVersion(version, "source", name);
  for (const column of Object.keys(columns)) checkName(column, "column");
  const fact = factScope(columns);
  requireColumns(name, columns, [eventTime, ...key]);
  requireTimestamp(name, columns, eventTime);
  const made: Source<N, C> = {
    definition: "source",
    ...described,
    name,
    version,
    columns,
    eventTime,
    knownTime: knownTimeNode(name, columns, fact, knownTime ?? eventTime),
    key,
    from,
    fact,
    by: (...by) => {
      requireColumns(name, columns, by);
      return { features: (define, groupOptions) => featureGroup(made, by, define(fact), groupOptions) };
    },
  };
  return made;
}

/** The kind of a column: that of its value, or of its entity's key. */
export function columnKind(column: Column): ScalarKind {
  return "definition" in column ? column.key.kind : column.kind;
}

function factScope<C extends Columns>(columns: C): FactScope<C> {
  const handles = Object.entries(columns).map(([name, column]) => {
    const kind = columnKind(column);
    return [name, wrap({ op: "column", kind, name }, kind)] as const;
  });
  return Object.fromEntries(handles) as FactScope<C>;
}

function requireColumns(source: string, columns: Columns, names: readonly string[]): void {
  for (const name of names) {
    if (Object.hasOwn(columns, name)) continue;
    throw new PawlError("invalid_definition", `Source "${source}" has no column "${name}".`, {
      found: name,
      expected: `one of ${Object.keys(columns).join(", ")}`,
    });
  }
}

function requireTimestamp(source: string, columns: Columns, name: string): void {
  const column = columns[name];
  if (column && columnKind(column) === "timestamp") return;
  throw new PawlError(
    "invalid_definition",
    `The time column "${name}" of source "${source}" is not a timestamp.`,
    {
      found: column ? columnKind(column) : "no such column",
      expected: "t.timestamp",
    },
  );
}

function knownTimeNode<C extends Columns>(
  source: string,
  columns: C,
  fact: FactScope<C>,
  known: string | ((f: FactScope<C>) => TimeExpr),
): ExprNode {
  if (typeof known === "string") {
    requireColumns(source, columns, [known]);
    requireTimestamp(source, columns, known);
    return { op: "column", kind: "timestamp", name: known };
  }
  const { node } = known(fact);
  if (node.kind !== "timestamp") {
    throw new PawlError("invalid_definition", `knownTime of source "${source}" is not a moment.`, {
      found: node.kind,
      expected: "timestamp",
    });
  }
  walk(node, (inner) => {
    if (inner.op === "column" || inner.op === "literal" || inner.op === "call") return;
    throw new PawlError(
      "invalid_definition",
      `knownTime of source "${source}" may use only the fact's columns.`,
      {
        found: inner.op,
      },
    );
  });
  return node;
}
