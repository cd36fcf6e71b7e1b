import { statSync } from "node:fs";
import { columnKind, type Location, PawlError, type ScalarKind, type Source, toPawlError } from "@pawl/core";
import type { Database } from "../engine/database.ts";
import type { Session } from "../engine/session.ts";
import { ident, list, text } from "../engine/sql.ts";
import type { Containment } from "./containment.ts";
import { acceptedTypes, readColumn } from "./physical-column.ts";

/** What is needed to reach data: the engine, the work's session, and the folders it may read. */
export interface Reach {
  readonly database: Database;
  readonly session: Session;
  readonly containment: Containment;
  /** Where the facts of a source lie. */
  readonly locate: (source: Source) => readonly Location[];
}

export interface PhysicalColumn {
  readonly name: string;
  readonly type: string;
}

/** A file or table that was found and understood, before its columns are compared with a declaration. */
export interface PhysicalRelation {
  readonly location: Location;
  /** What stands behind FROM. */
  readonly from: string;
  readonly columns: readonly PhysicalColumn[];
}

/** Looks at where data lies. Errors name the source and say what is there instead. */
export async function openLocation(
  reach: Reach,
  name: string,
  location: Location,
): Promise<PhysicalRelation> {
  const { session, containment } = reach;
  const path = containment.resolve(location.path);
  await checkPath(session, name, location, path);
  const from = await fromClause(reach, location, path);
  let described: PhysicalColumn[];
  try {
    const rows = await session.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`);
    described = rows.map(([column, type]) => ({ name: String(column), type: String(type) }));
  } catch (thrown) {
    const cause = toPawlError(thrown);
    if (cause.code === "cancelled" || cause.code === "exhausted") throw cause;
    throw new PawlError("bad_data", `The data of "${name}" cannot be read as ${location.kind}.`, {
      found: cause.found ?? cause.message,
      expected: expectedOf(location),
      next: "Check that the file is complete and of this format.",
      details: { path: location.path },
      cause,
    });
  }
  await refuseDuplicates(session, name, location, path);
  return { location, from, columns: described };
}

async function checkPath(session: Session, name: string, location: Location, path: string): Promise<void> {
  const details = { path: location.path };
  if (/[*?[]/.test(path)) {
    const [row] = await session.rows(`SELECT count(*) FROM glob(${text(path)})`);
    if (location.kind !== "duckdb" && Number(row?.[0] ?? 0) > 0) return;
    throw new PawlError("not_found", `No file matches the pattern of "${name}".`, {
      found: `nothing at ${location.path}`,
      expected: expectedOf(location),
      next: "Correct the pattern, or put the files there.",
      details,
    });
  }
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) {
    throw new PawlError("not_found", `The data of "${name}" is not there.`, {
      found: `no file ${location.path}`,
      expected: expectedOf(location),
      next: "Correct the path (relative paths start at the project), or put the file there.",
      details,
    });
  }
  if (stats.isDirectory()) {
    throw new PawlError("bad_data", `The data of "${name}" is a folder.`, {
      found: `a folder at ${location.path}`,
      expected: expectedOf(location),
      next: `Name the files in it: "${location.path.replace(/\/$/, "")}/*.${location.kind}".`,
      details,
    });
  }
}

function expectedOf(location: Location): string {
  if (location.kind === "duckdb") return `a DuckDB database with the table ${location.table}`;
  return { parquet: "a Parquet file", csv: "a CSV file with a header", json: "newline-delimited JSON" }[
    location.kind
  ];
}

async function fromClause(reach: Reach, location: Location, path: string): Promise<string> {
  // Files of one pattern may have their columns in different order, or some columns only in some.
  const many = /[*?[]/.test(path) ? ", union_by_name = true" : "";
  switch (location.kind) {
    case "parquet":
      return `read_parquet(${text(path)}${many})`;
    case "csv":
      return `read_csv(${text(path)}, header = true, all_varchar = true, allow_quoted_nulls = false${many})`;
    case "json":
      return `read_ndjson_auto(${text(path)}, sample_size = -1${many})`;
    case "duckdb": {
      const { alias, release } = await reach.database.attach(reach.session, path);
      reach.session.onClose(release);
      return [alias, ...location.table.split(".")].map(ident).join(".");
    }
  }
}

/** DuckDB renames a second column of the same name in silence; nobody would know which one was meant. */
async function refuseDuplicates(
  session: Session,
  name: string,
  location: Location,
  path: string,
): Promise<void> {
  let columns: string[] = [];
  if (location.kind === "parquet") {
    const rows = await session.rows(
      `SELECT file_name, name FROM parquet_schema(${text(path)}) WHERE num_children IS NULL`,
    );
    const [file] = rows[0] ?? [];
    columns = rows.filter((row) => row[0] === file).map((row) => String(row[1]));
  } else if (location.kind === "csv") {
    const [row] = await session.rows(
      `SELECT * FROM read_csv(${text(path)}, header = false, all_varchar = true, null_padding = true) LIMIT 1`,
    );
    columns = (row ?? []).map((cell) => String(cell ?? ""));
  }
  const seen = new Set<string>();
  for (const column of columns) {
    if (seen.has(column)) {
      throw new PawlError("bad_data", `The data of "${name}" has two columns of the same name.`, {
        found: `"${column}" twice`,
        expected: "column names that differ",
        next: "Rename one of them in the file.",
        details: { path: location.path },
      });
    }
    seen.add(column);
  }
}

/** How each declared column is read from one location; throws the first misfit. */
export function readExpressions(
  name: string,
  relation: PhysicalRelation,
  columns: Readonly<Record<string, ScalarKind>>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [column, kind] of Object.entries(columns)) {
    const problem = columnProblem(name, relation, column, kind);
    if (problem) throw problem;
    const physical = physicalOf(relation, column);
    const sql = physical && readSql(name, relation, column, physical, kind);
    if (sql !== undefined) found.set(column, sql);
  }
  return found;
}

/** The physical column a declared one is read from. */
export function physicalOf(
  { location, columns }: PhysicalRelation,
  column: string,
): PhysicalColumn | undefined {
  const wanted = location.rename?.[column] ?? column;
  return columns.find((candidate) => candidate.name === wanted);
}

/** What is wrong with a declared column, if anything. */
export function columnProblem(
  name: string,
  relation: PhysicalRelation,
  column: string,
  kind: ScalarKind,
): PawlError | undefined {
  const { location, columns } = relation;
  const wanted = location.rename?.[column] ?? column;
  const physical = physicalOf(relation, column);
  const details = { source: name, column, path: location.path };
  if (!physical) {
    const close = columns.find((candidate) => candidate.name.toLowerCase() === wanted.toLowerCase());
    return new PawlError("bad_data", `The data of "${name}" has no column "${wanted}".`, {
      found: columns.map((candidate) => candidate.name).join(", "),
      expected: `a column "${wanted}"`,
      next: `Correct the declaration, or say which column it is: rename: { ${column}: "${close?.name ?? "…"}" }.`,
      details,
    });
  }
  if (readSql(name, relation, column, physical, kind) !== undefined) return undefined;
  return new PawlError("bad_data", `The column "${column}" of "${name}" is of another type.`, {
    found: physical.type,
    expected: `${kind}: ${acceptedTypes[kind]}`,
    next: "Declare the column as what it is, or convert the file.",
    details,
  });
}

function readSql(
  name: string,
  { location }: PhysicalRelation,
  column: string,
  physical: PhysicalColumn,
  kind: ScalarKind,
): string | undefined {
  const asText = location.kind === "csv" || location.kind === "json";
  return readColumn(name, column, physical.name, physical.type, kind, asText);
}

/** What a float column is called as it lies in the file, infinities and NaN included. */
export const rawName = (column: string): string => `$raw.${column}`;

/**
 * A SELECT with the given columns as declared, over all places the data lies in. Columns in `raw` are there
 * a second time, unchecked, for readers who turn infinities and NaN into null themselves, and faster.
 */
export async function selectColumns(
  reach: Reach,
  name: string,
  locations: readonly Location[],
  columns: Readonly<Record<string, ScalarKind>>,
  raw: ReadonlySet<string> = new Set(),
): Promise<string> {
  if (locations.length === 0) {
    throw new PawlError("invalid_input", `The source "${name}" does not say where its facts lie.`, {
      expected: 'a location, such as from: parquet("data/facts.parquet")',
      next: "Add `from` to the source.",
    });
  }
  const selects: string[] = [];
  for (const location of locations) {
    const relation = await openLocation(reach, name, location);
    const expressions = readExpressions(name, relation, columns);
    const selected = [...expressions].map(([column, sql]) => `${sql} AS ${ident(column)}`);
    for (const column of raw) {
      const physical = physicalOf(relation, column);
      const isFloat = physical?.type === "DOUBLE" || physical?.type === "FLOAT";
      const sql = isFloat ? `${ident(physical.name)}::DOUBLE` : expressions.get(column);
      selected.push(`${sql ?? "NULL::DOUBLE"} AS ${ident(rawName(column))}`);
    }
    selects.push(`SELECT ${selected.length === 0 ? "1 AS one" : list(selected)} FROM ${relation.from}`);
  }
  return selects.join(" UNION ALL ");
}

/** Kinds of some columns of a source, in its order. */
export function kindsOf(
  columns: Readonly<Record<string, Parameters<typeof columnKind>[0]>>,
  names: ReadonlySet<string>,
): Record<string, ScalarKind> {
  return Object.fromEntries(
    Object.entries(columns)
      .filter(([name]) => names.has(name))
      .map(([name, column]) => [name, columnKind(column)]),
  );
}
