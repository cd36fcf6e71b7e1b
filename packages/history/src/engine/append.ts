import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  VARCHAR,
} from "@duckdb/node-api";
import { duckdbError } from "./duckdb-error.ts";
import type { Session } from "./session.ts";
import { ident, list } from "./sql.ts";
import { flush, roomOf } from "./vectors.ts";

/** A column to be put into a table. In doubles NaN stands for null and stays NaN in the table. */
export type AppendColumn =
  | {
      readonly name: string;
      readonly type: "DOUBLE";
      readonly values: Float64Array;
      /** When the values are records of `width` doubles: which of them. */
      readonly column?: number;
      readonly width?: number;
    }
  | { readonly name: string; readonly type: "VARCHAR"; readonly values: readonly (string | null)[] }
  | { readonly name: string; readonly type: "BIGINT"; readonly values: readonly (bigint | null)[] }
  | { readonly name: string; readonly type: "BOOLEAN"; readonly values: readonly (boolean | null)[] };

const types: Readonly<Record<AppendColumn["type"], DuckDBType>> = { DOUBLE, VARCHAR, BIGINT, BOOLEAN };
const chunkRows = 2048;

/**
 * Makes a temporary table of columns of equal length, row order kept. Doubles are copied 2,048 at a time
 * (about 50 million a second); the event loop gets a turn every few hundred thousand values.
 */
export async function createTable(
  session: Session,
  table: string,
  columns: readonly AppendColumn[],
  rows: number,
): Promise<void> {
  await session.run(
    `CREATE TEMP TABLE ${ident(table)} (${list(columns.map((c) => `${ident(c.name)} ${c.type}`))})`,
  );
  if (rows === 0) return;
  try {
    const appender = await session.connection.createAppender(table);
    const chunk = DuckDBDataChunk.create(columns.map((c) => types[c.type]));
    const turnEvery = Math.max(1, Math.ceil(150 / Math.max(1, columns.length)));
    for (let start = 0, n = 0; start < rows; start += chunkRows, n++) {
      const size = Math.min(chunkRows, rows - start);
      if (chunk.rowCount !== size) chunk.rowCount = size;
      for (const [i, column] of columns.entries()) {
        if (column.type === "DOUBLE") {
          copyDoubles(column, start, size, roomOf(chunk, i));
          flush(chunk, i);
        } else {
          chunk.setColumnValues(i, column.values.slice(start, start + size) as DuckDBValue[]);
        }
      }
      appender.appendDataChunk(chunk);
      if (n % turnEvery === turnEvery - 1) {
        session.checkCancelled();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    appender.flushSync();
    appender.closeSync();
  } catch (thrown) {
    throw duckdbError(thrown);
  }
}

function copyDoubles(
  { values, column = 0, width = 1 }: { values: Float64Array; column?: number; width?: number },
  start: number,
  size: number,
  into: Float64Array,
): void {
  if (width === 1) into.set(values.subarray(start, start + size));
  else
    for (let i = 0, at = start * width + column; i < size; i++, at += width) into[i] = values[at] as number;
}
