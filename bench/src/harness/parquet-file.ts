import { existsSync, renameSync } from "node:fs";
import { DOUBLE, DuckDBDataChunk, DuckDBInstance } from "@duckdb/node-api";

/** A column to be written. Values are doubles, NaN for null; timestamps are microseconds. */
export interface DataColumn {
  readonly name: string;
  readonly type: "BIGINT" | "DOUBLE" | "TIMESTAMP";
  readonly values: Float64Array;
}

const chunkRows = 2048;

/** Writes generated columns as a Parquet file, whole or not at all. Names come from the bench itself. */
export async function writeParquet(path: string, columns: readonly DataColumn[]): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const declared = columns.map(({ name }) => `"${name}" DOUBLE`).join(", ");
    await connection.run(`CREATE TABLE data (${declared})`);
    const appender = await connection.createAppender("data");
    const rows = columns[0]?.values.length ?? 0;
    for (let start = 0; start < rows; start += chunkRows) {
      const end = Math.min(start + chunkRows, rows);
      const chunk = DuckDBDataChunk.create(columns.map(() => DOUBLE));
      chunk.setColumns(
        columns.map(({ values }) =>
          Array.from(values.subarray(start, end), (value) => (Number.isNaN(value) ? null : value)),
        ),
      );
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
    appender.closeSync();
    const selected = columns.map(({ name, type }) =>
      type === "TIMESTAMP"
        ? `make_timestamp(CAST("${name}" AS BIGINT)) AS "${name}"`
        : `CAST("${name}" AS ${type}) AS "${name}"`,
    );
    await copyParquet(connection, `SELECT ${selected.join(", ")} FROM data`, path);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes the rows of a query, in their order, as a Parquet file, whole or not at all. */
export async function queryToParquet(sql: string, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await copyParquet(connection, sql, path);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function copyParquet(
  connection: { run(sql: string): Promise<unknown> },
  sql: string,
  path: string,
): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  await connection.run(`COPY (${sql}) TO ${quoted(unfinished)} (FORMAT parquet)`);
  renameSync(unfinished, path);
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Makes a file unless it is there already. */
export async function once(path: string, make: (path: string) => Promise<void>): Promise<string> {
  if (!existsSync(path)) await make(path);
  return path;
}
