import { type DuckDBDataChunk, DuckDBListValue } from "@duckdb/node-api";
import { isListKind, type Kind, type Scalar, type Value, type Work } from "@pawl/core";
import { duckdbError } from "../engine/duckdb-error.ts";
import { ident, list } from "../engine/sql.ts";
import type { Session } from "../engine/session.ts";
import { doublesOf } from "../engine/vectors.ts";
import type { Batch, BatchColumn } from "./filled.ts";

interface NamedColumn {
  readonly sqlName: string;
  readonly kind: Kind;
}

/** Reads columns of a relation in its order, some thousand rows at a time. */
export async function* readBatches(
  session: Session,
  from: string,
  columns: readonly NamedColumn[],
  work: Work = {},
): AsyncGenerator<Batch> {
  const shown = columns.map(({ sqlName, kind }) =>
    isNumbers(kind) ? `${ident(sqlName)}::DOUBLE` : ident(sqlName),
  );
  const sql = `SELECT ${list(shown.length > 0 ? shown : ["1::DOUBLE"])} FROM ${from}`;
  const result = await session.stream(sql);
  let start = 0;
  for (;;) {
    session.checkCancelled();
    let chunk: DuckDBDataChunk | null;
    try {
      chunk = await result.fetchChunk();
    } catch (thrown) {
      session.checkCancelled();
      throw duckdbError(thrown, sql);
    }
    if (!chunk || chunk.rowCount === 0) return;
    const held = chunk;
    const rows = held.rowCount;
    yield { start, rows, columns: columns.map(({ kind }, i) => columnOf(held, i, kind)) };
    start += rows;
    work.onProgress?.({ stage: "reading rows", done: start });
  }
}

/** Are the values of this kind numbers in a batch? */
export function isNumbers(kind: Kind): kind is "int" | "float" | "timestamp" | "duration" | "bool" {
  return kind !== "string" && kind !== "bigint" && !isListKind(kind);
}

function columnOf(chunk: DuckDBDataChunk, i: number, kind: Kind): BatchColumn {
  // Copied: DuckDB reuses the memory of a chunk.
  if (isNumbers(kind)) return { kind, values: doublesOf(chunk, i).slice() };
  const values = chunk.getColumnValues(i).map((value): Value => {
    if (value instanceof DuckDBListValue) return value.items as readonly (Scalar | null)[];
    return value as Scalar | null;
  });
  return { kind, values };
}
