import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { PawlError } from "@pawl/core";

/** The result of a run as columns of doubles, NaN for null, in the order of the spine. */
export type Answer = readonly Float64Array[];

/** Writes an answer: column after column, little-endian, no header. */
export function writeAnswer(path: string, answer: Answer): void {
  const file = openSync(path, "w");
  for (const column of answer) {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  }
  closeSync(file);
}

/** How an answer compares with the one it should equal. */
export interface Comparison {
  readonly rows: number;
  /** Rows in which at least one value differs by more than the tolerance, or is null on one side only. */
  readonly different: number;
  /** Largest difference relative to max(1, |expected|), where both have a value. */
  readonly maxError: number;
}

export interface Shape {
  readonly rows: number;
  readonly columns: number;
}

/** Compares two answer files of the same shape, column by column. */
export function compareAnswers(expected: string, found: string, shape: Shape, tolerance: number): Comparison {
  const files = [openSync(expected, "r"), openSync(found, "r")] as const;
  const wrong = new Uint8Array(shape.rows);
  let maxError = 0;
  try {
    for (let c = 0; c < shape.columns; c++) {
      const [a, b] = files.map((file) => readColumn(file, c, shape.rows)) as [Float64Array, Float64Array];
      for (let r = 0; r < shape.rows; r++) {
        const x = a[r] as number;
        const y = b[r] as number;
        if (x === y || (x !== x && y !== y)) continue;
        const error = Math.abs(x - y) / Math.max(1, Math.abs(x));
        // NaN on one side only is not within any tolerance.
        if (!(error <= tolerance)) wrong[r] = 1;
        if (error > maxError) maxError = error;
      }
    }
  } finally {
    files.forEach(closeSync);
  }
  const different = wrong.reduce((sum, one) => sum + one, 0);
  return { rows: shape.rows, different, maxError };
}

function readColumn(file: number, column: number, rows: number): Float64Array {
  const values = new Float64Array(rows);
  const bytes = new Uint8Array(values.buffer);
  let at = 0;
  while (at < bytes.length) {
    const read = readSync(file, bytes, at, bytes.length - at, column * bytes.length + at);
    if (read === 0) {
      throw new PawlError("bad_data", "An answer file is too short.", {
        found: `${at} bytes of column ${column}`,
        expected: `${bytes.length}`,
      });
    }
    at += read;
  }
  return values;
}
