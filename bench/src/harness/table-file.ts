import { openSync, closeSync, fstatSync, readSync, writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FrameColumn } from "@pawl/core";
import { writeAnswer } from "./answer-file.ts";

/** A column of a learning table; with categories, values are their codes and NaN is missing. */
export interface TableColumn {
  readonly name: string;
  readonly values: Float64Array;
  readonly categories?: readonly string[];
}

/** A learning table: columns and a target of 0 and 1. */
export interface LearningTable {
  readonly columns: readonly TableColumn[];
  readonly target: Float64Array;
}

interface TableHeader {
  readonly columns: readonly { readonly name: string; readonly categories?: readonly string[] }[];
}

/** Writes `<name>.json` (what the columns are) and `<name>.f64` (columns, then target, as doubles). */
export function writeTable(folder: string, name: string, table: LearningTable): void {
  writeAnswer(join(folder, `${name}.f64`), [...table.columns.map(({ values }) => values), table.target]);
  const columns = table.columns.map(({ name, categories }) => ({ name, ...(categories && { categories }) }));
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ columns } satisfies TableHeader));
}

/** A table as Pawl's learners read it: on shared memory, as `readFrame` of the history engine gives it. */
export interface LoadedTable {
  readonly frame: { readonly rows: number; readonly columns: readonly FrameColumn[] };
  readonly target: Float64Array;
}

export function readTable(folder: string, name: string): LoadedTable {
  const header = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as TableHeader;
  const file = openSync(join(folder, `${name}.f64`), "r");
  const rows = fstatSync(file).size / 8 / (header.columns.length + 1);
  const column = (at: number): Float64Array => {
    const values = new Float64Array(new SharedArrayBuffer(rows * 8));
    const bytes = new Uint8Array(values.buffer);
    for (let done = 0; done < bytes.length; ) {
      done += readSync(file, bytes, done, bytes.length - done, at * bytes.length + done);
    }
    return values;
  };
  const columns = header.columns.map(({ name, categories }, at): FrameColumn => {
    const values = column(at);
    if (!categories) return { name, kind: "numeric", values };
    const codes = new Int32Array(new SharedArrayBuffer(rows * 4));
    for (let r = 0; r < rows; r++) {
      const value = values[r] as number;
      codes[r] = value === value ? value : -1;
    }
    return { name, kind: "categorical", codes, categories };
  });
  const target = column(header.columns.length);
  closeSync(file);
  return { frame: { rows, columns }, target };
}
