import { type JsonValue, PawlError } from "@pawl/core";
import type { ServedModel } from "@pawl/loop";

type Row = Readonly<Record<string, JsonValue>>;

export interface Tables {
  readonly dataframe_split?: unknown;
  readonly dataframe_records?: unknown;
  readonly instances?: unknown;
  readonly inputs?: unknown;
}

/** The rows of a scoring request, whichever of the four forms it uses. */
export function scoringRows(model: ServedModel, tables: Tables, maxRows: number): Row[] {
  const forms = Object.entries(tables).filter(([, table]) => table !== undefined);
  const [form] = forms;
  if (!form || forms.length !== 1) {
    throw new PawlError("invalid_input", "The body must have exactly one table.", {
      found: forms.map(([name]) => name).join(", ") || "none",
      expected: "one of dataframe_split, dataframe_records, instances, inputs",
    });
  }
  const [name, table] = form;
  const rows = readers[name as keyof Tables](table, model);
  if (rows.length === 0) throw new PawlError("invalid_input", `${name} has no rows.`);
  if (rows.length <= maxRows) return rows;
  throw new PawlError("invalid_input", "There are too many rows.", {
    found: `${rows.length}`,
    expected: `at most ${maxRows}`,
  });
}

const readers: Readonly<Record<keyof Tables, (table: unknown, model: ServedModel) => Row[]>> = {
  dataframe_split: (table) => {
    if (!isObject(table)) throw wrong("dataframe_split", "an object with columns and data");
    const { columns, data } = table;
    if (!isNames(columns) || !Array.isArray(data))
      throw wrong("dataframe_split", "columns (names) and data (rows)");
    return data.map((cells: unknown, i) => named(columns, cells, `row ${i} of dataframe_split.data`));
  },
  dataframe_records: (table) => records(table, "dataframe_records"),
  instances: (table, model) => {
    if (!Array.isArray(table)) throw wrong("instances", "a list of rows");
    return table.every(isObject) ? records(table, "instances") : matrix(table, "instances", model);
  },
  inputs: (table, model) => {
    if (Array.isArray(table))
      return table.every(isObject) ? records(table, "inputs") : matrix(table, "inputs", model);
    if (!isObject(table)) throw wrong("inputs", "column → values, or a list of rows");
    return columnar(table);
  },
};

function records(table: unknown, form: string): Row[] {
  if (!Array.isArray(table)) throw wrong(form, "a list of objects");
  return table.map((row: unknown, i) => {
    if (isObject(row)) return row as Row;
    throw wrong(`row ${i} of ${form}`, "column → value");
  });
}

/** Rows without names are the model's inputs in their order. */
function matrix(table: readonly unknown[], form: string, model: ServedModel): Row[] {
  const names = model.inputs.map((input) => input.name);
  return table.map((cells, i) => named(names, cells, `row ${i} of ${form}`));
}

function named(names: readonly string[], cells: unknown, place: string): Row {
  if (!Array.isArray(cells) || cells.length !== names.length) {
    throw wrong(place, `${names.length} values: ${names.join(", ")}`);
  }
  return Object.fromEntries(names.map((name, i) => [name, cells[i] as JsonValue]));
}

function columnar(table: Readonly<Record<string, unknown>>): Row[] {
  const columns = Object.entries(table);
  const lengths = new Set(columns.map(([, values]) => (Array.isArray(values) ? values.length : -1)));
  const [length] = lengths;
  if (length === undefined || lengths.size !== 1) throw wrong("inputs", "columns of one length");
  // One row may be given without lists.
  if (length === -1) return [table as Row];
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, (values as JsonValue[])[i] ?? null])),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

function wrong(place: string, expected: string): PawlError {
  return new PawlError("invalid_input", `${place} is not as it must be.`, { expected });
}
