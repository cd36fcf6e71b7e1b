import { PawlError, type CellValue, type Frame, type FrameColumn, type ModelColumn } from "@pawl/core";

/** Reads one column of a frame as the model's numbers: values, or the model's category codes. */
export interface ColumnReader {
  /** The cell of a row; `NaN` is missing. */
  readonly cells: Float64Array | Int32Array;
  /** For categorical columns: from the frame's codes to the model's, `NaN` unknown. */
  readonly recode: Float64Array | undefined;
}

/**
 * Finds the model's columns in a frame by name. Categories the model does not know become missing.
 * Throws `invalid_input` when a column is absent or of the other kind.
 */
export function columnReaders(columns: readonly ModelColumn[], frame: Frame): readonly ColumnReader[] {
  const byName = new Map(frame.columns.map((column) => [column.name, column]));
  return columns.map((column) => {
    const found = byName.get(column.name);
    if (found === undefined) {
      throw new PawlError("invalid_input", `The model needs the column "${column.name}".`, {
        found: `columns ${frame.columns.map(({ name }) => name).join(", ") || "none"}`,
        expected: `a ${column.kind} column "${column.name}"`,
        next: "Give the view the model was trained on; a column without values is given as missing.",
      });
    }
    return readerOf(column, found, frame.rows);
  });
}

function readerOf(column: ModelColumn, found: FrameColumn, rows: number): ColumnReader {
  if (column.kind !== found.kind) {
    throw new PawlError("invalid_input", `The column "${column.name}" is of another kind.`, {
      found: found.kind,
      expected: column.kind,
    });
  }
  const cells = found.kind === "numeric" ? found.values : found.codes;
  if (cells.length !== rows) {
    throw new PawlError("invalid_input", `The column "${column.name}" has the wrong length.`, {
      found: `${cells.length} cells`,
      expected: `${rows}`,
    });
  }
  if (column.kind === "numeric" || found.kind === "numeric") return { cells, recode: undefined };
  const codes = new Map(column.categories.map((category, code) => [category, code]));
  const recode = Float64Array.from(found.categories, (category) => codes.get(category) ?? Number.NaN);
  return { cells, recode };
}

/** One cell as the model's number. */
export function readCell(reader: ColumnReader, row: number): number {
  const cell = reader.cells[row] ?? Number.NaN;
  if (reader.recode === undefined) return cell;
  return reader.recode[cell] ?? Number.NaN;
}

/** Encodes a record by column name; unknown categories and absent names are missing. */
export function encodeRecord(
  columns: readonly ModelColumn[],
  codes: readonly (ReadonlyMap<string, number> | undefined)[],
  record: Readonly<Record<string, CellValue>>,
): Float64Array {
  return Float64Array.from(columns, (column, c) => {
    const value = Object.hasOwn(record, column.name) ? record[column.name] : undefined;
    if (value === null || value === undefined) return Number.NaN;
    const known = codes[c];
    if (known !== undefined) return known.get(String(value)) ?? Number.NaN;
    if (typeof value === "boolean") return value ? 1 : 0;
    if (typeof value === "number") return value;
    throw new PawlError("invalid_input", `The column "${column.name}" takes a number.`, {
      found: JSON.stringify(value),
      expected: "a number, or null when missing",
    });
  });
}

/** Category → code of every categorical column, for `encodeRecord`. */
export function categoryCodes(columns: readonly ModelColumn[]): (ReadonlyMap<string, number> | undefined)[] {
  return columns.map((column) =>
    column.kind === "numeric" ? undefined : new Map(column.categories.map((name, code) => [name, code])),
  );
}
