import { PawlError } from "../errors.ts";

/** A numeric column. `NaN` is missing; infinities are ordinary, very large values. */
export interface NumericColumn {
  readonly name: string;
  readonly kind: "numeric";
  readonly values: Float64Array;
}

/** A categorical column: `codes[row]` indexes `categories`; −1 is missing. */
export interface CategoricalColumn {
  readonly name: string;
  readonly kind: "categorical";
  readonly codes: Int32Array;
  readonly categories: readonly string[];
}

export type FrameColumn = NumericColumn | CategoricalColumn;

/**
 * A table in columns, as learners read it. Typed arrays may stand on SharedArrayBuffers; then they
 * cross to worker threads without a copy.
 */
export interface Frame {
  readonly rows: number;
  readonly columns: readonly FrameColumn[];
}

/** The number of cells a column holds. */
export function columnLength(column: FrameColumn): number {
  return column.kind === "numeric" ? column.values.length : column.codes.length;
}

/**
 * Refuses a frame that contradicts itself: duplicate or empty names, columns of another length than
 * `rows`, duplicate categories, codes outside the category list. Throws `invalid_input`.
 */
export function checkFrame(frame: Frame): void {
  if (!Number.isInteger(frame.rows) || frame.rows < 0) {
    throw new PawlError("invalid_input", "A frame's row count must be a whole number of at least 0.", {
      found: String(frame.rows),
    });
  }
  const names = new Set<string>();
  for (const column of frame.columns) {
    if (column.name === "") throw new PawlError("invalid_input", "A frame has a column without a name.");
    if (names.has(column.name)) {
      throw new PawlError("invalid_input", `The column "${column.name}" appears twice in the frame.`, {
        found: `two columns named "${column.name}"`,
        expected: "column names that differ",
        next: "Rename or drop one of them.",
      });
    }
    names.add(column.name);
    if (columnLength(column) !== frame.rows) {
      throw new PawlError("invalid_input", `The column "${column.name}" has the wrong length.`, {
        found: `${columnLength(column)} cells`,
        expected: `${frame.rows} cells, one a row`,
      });
    }
    if (column.kind === "categorical") checkCodes(column);
  }
}

function checkCodes(column: CategoricalColumn): void {
  if (new Set(column.categories).size !== column.categories.length) {
    throw new PawlError("invalid_input", `The column "${column.name}" lists a category twice.`, {
      expected: "categories that differ",
    });
  }
  const limit = column.categories.length;
  const bad = column.codes.findIndex((code) => code < -1 || code >= limit);
  if (bad >= 0) {
    throw new PawlError("invalid_input", `The column "${column.name}" has a code outside its categories.`, {
      found: `code ${column.codes[bad]} in row ${bad}`,
      expected: `−1 (missing) to ${limit - 1}`,
    });
  }
}

/** The rows `rows[0..]` of a frame, in that order, as a new frame. */
export function selectRows(frame: Frame, rows: ArrayLike<number>): Frame {
  const pick = <A extends Float64Array | Int32Array>(from: A, to: A): A => {
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] ?? 0] ?? 0;
    return to;
  };
  const columns = frame.columns.map(
    (column): FrameColumn =>
      column.kind === "numeric"
        ? { ...column, values: pick(column.values, new Float64Array(rows.length)) }
        : { ...column, codes: pick(column.codes, new Int32Array(rows.length)) },
  );
  return { rows: rows.length, columns };
}
