import {
  type CategoricalColumn,
  type FrameColumn,
  type NumericColumn,
  PawlError,
  type Work,
} from "@pawl/core";
import { readNumbers } from "../engine/number-table.ts";
import { ident, list, text } from "../engine/sql.ts";
import type { Reach } from "../source/relation.ts";
import type { DatasetFrame, FrameRequest } from "./dataset-frame.ts";
import type { DatasetColumn } from "./manifest.ts";
import { openDataset } from "./open-dataset.ts";

/** A column to read as numbers: as it is, or as codes of categories. */
interface Reading {
  readonly column: DatasetColumn;
  readonly sql: string;
  readonly categories: readonly string[] | undefined;
}

/** See History.readFrame. */
export async function readFrame(
  reach: Reach,
  path: string,
  request: FrameRequest,
  work: Work,
): Promise<DatasetFrame> {
  const { session } = reach;
  const { manifest, select } = await openDataset(reach, path);
  const { chosen, excluded } = chooseColumns(manifest.columns, request);
  const labelled = manifest.columns.find(({ role }) => role === "label");
  const table = ident(session.fresh("dataset"));
  const positions = `SELECT *, (row_number() OVER () - 1)::INTEGER AS "$row" FROM (${select})`;
  const dropUnlabelled = labelled !== undefined && (request.labelledOnly ?? true);
  const conditions = [
    ...(dropUnlabelled ? [`${ident(labelled.name)} IS NOT NULL`] : []),
    ...(request.rows
      ? [`"$row" IN (SELECT unnest([${list([...checkedRows(request.rows, manifest.rows)].map(String))}]))`]
      : []),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  await session.run(`CREATE TEMP TABLE ${table} AS SELECT * FROM (${positions})${where} ORDER BY "$row"`);

  const readings: Reading[] = [];
  for (const column of chosen)
    readings.push(await reading(reach, table, column, request.categories?.[column.name]));
  const label =
    labelled &&
    (await reading(reach, table, labelled, labelled.kind === "string" ? request.classes : undefined));
  if (label && request.classes) await refuseUnknownClasses(reach, table, label, request.classes);
  const asOf = manifest.columns.find(({ role }) => role === "asOf");
  const known = manifest.columns.find(({ role }) => role === "labelKnown");
  const numbers = [
    ...readings.map(({ sql }) => sql),
    ...(label ? [label.sql] : []),
    asOf ? numeric(ident(asOf.name)) : "'nan'::DOUBLE",
    known ? numeric(ident(known.name)) : "'nan'::DOUBLE",
  ];
  const read = await readNumbers(
    session,
    `SELECT "$row", ${list(numbers)} FROM ${table}`,
    1,
    numbers.length,
    {
      expected: manifest.rows,
      onRows: (done) => work.onProgress?.({ stage: "reading the dataset", done, total: manifest.rows }),
    },
  );
  const [rows] = read?.integers ?? [];
  if (!read || !rows) throw new PawlError("internal", "The dataset could not be read.");
  const columns = readings.map((one, i) => frameColumn(one, read.doubles[i] as Float64Array));
  const rest = read.doubles.slice(readings.length);
  const target = label ? (rest.shift() as Float64Array) : new Float64Array(0);
  const [times, labelKnown] = rest as [Float64Array, Float64Array];
  return {
    frame: { rows: read.rows, columns },
    target,
    ...(label?.categories && { classes: label.categories }),
    times,
    labelKnown,
    rows,
    excluded,
  };
}

const numeric = (sql: string): string => `(${sql})::DOUBLE`;

function chooseColumns(
  columns: readonly DatasetColumn[],
  request: FrameRequest,
): { chosen: DatasetColumn[]; excluded: { name: string; why: string }[] } {
  const excluded: { name: string; why: string }[] = [];
  const candidates = request.columns
    ? request.columns.map((name) => {
        const column = columns.find((one) => one.name === name);
        if (column) return column;
        throw new PawlError("not_found", `The dataset has no column "${name}".`, {
          expected: `one of ${columns.map((one) => one.name).join(", ")}`,
        });
      })
    : columns.filter(({ role }) => role === "feature");
  const chosen = candidates.filter(({ name, kind }) => {
    if (kind.startsWith("list<"))
      excluded.push({ name, why: "a list is no single value; take items of it in the view" });
    else if (kind === "timestamp" && request.timestamps !== "numeric") {
      excluded.push({ name, why: "a moment says which row it is; use a calendar encoding or since()" });
    } else return true;
    return false;
  });
  return { chosen, excluded };
}

function checkedRows(rows: Int32Array, total: number): Int32Array {
  let previous = -1;
  for (const row of rows) {
    if (row <= previous || row >= total) {
      throw new PawlError("invalid_input", "Rows must be ascending positions in the dataset.", {
        found: `${row} after ${previous}`,
        expected: `0 to ${total - 1}, each once`,
      });
    }
    previous = row;
  }
  return rows;
}

async function reading(
  reach: Reach,
  table: string,
  column: DatasetColumn,
  given: readonly string[] | undefined,
): Promise<Reading> {
  const name = ident(column.name);
  if (column.kind !== "string" && column.kind !== "bigint") {
    return { column, sql: numeric(name), categories: undefined };
  }
  const categories = given ?? (await categoriesOf(reach, table, column));
  if (categories.length === 0) return { column, sql: "'nan'::DOUBLE", categories };
  // Given categories keep their order, so the position in the list is the code.
  const type = ident(reach.session.fresh("categories"));
  await reach.session.run(`CREATE TEMP TYPE ${type} AS ENUM (${list(categories.map(text))})`);
  return { column, sql: numeric(`enum_code(TRY_CAST(${name}::VARCHAR AS ${type}))`), categories };
}

async function categoriesOf(reach: Reach, table: string, { name, kind }: DatasetColumn): Promise<string[]> {
  const column = ident(name);
  const rows = await reach.session.rows(
    `SELECT v::VARCHAR FROM (SELECT DISTINCT ${column} AS v FROM ${table} WHERE ${column} IS NOT NULL) ORDER BY v`,
  );
  if (rows.length > 1_000_000) {
    throw new PawlError("exhausted", `The column "${name}" has too many categories to learn from.`, {
      found: `${rows.length} different values of kind ${kind}`,
      expected: "at most 1,000,000",
      next: "Leave it out of the view: it is most likely an identifier.",
    });
  }
  return rows.map(([value]) => String(value));
}

async function refuseUnknownClasses(
  reach: Reach,
  table: string,
  label: Reading,
  classes: readonly string[],
): Promise<void> {
  if (!label.categories) return;
  const name = ident(label.column.name);
  const known = classes.length === 0 ? "''" : list(classes.map(text));
  const [row] = await reach.session.rows(
    `SELECT first(${name}), count(*)::DOUBLE FROM ${table} WHERE ${name} NOT IN (${known})`,
  );
  const count = Number(row?.[1] ?? 0);
  if (count === 0) return;
  throw new PawlError("invalid_input", "The dataset has labels outside the given classes.", {
    found: `${count} rows, such as "${String(row?.[0])}"`,
    expected: classes.join(", "),
  });
}

function frameColumn({ column, categories }: Reading, values: Float64Array): FrameColumn {
  if (!categories) return { name: column.name, kind: "numeric", values } satisfies NumericColumn;
  const codes = new Int32Array(new SharedArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) {
    const code = values[i] as number;
    codes[i] = Number.isNaN(code) ? -1 : code;
  }
  return { name: column.name, kind: "categorical", codes, categories } satisfies CategoricalColumn;
}
