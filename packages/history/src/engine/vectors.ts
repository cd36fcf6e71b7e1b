import type { DuckDBDataChunk } from "@duckdb/node-api";
import { PawlError } from "@pawl/core";

/**
 * The numbers of a chunk's column as they lie in memory: 20 times faster than asking for item by item.
 * The field is there in every version of the library but declared private, hence the check.
 */
function items(chunk: DuckDBDataChunk, column: number): unknown {
  return (chunk.getColumnVector(column) as unknown as { readonly items?: unknown }).items;
}

/** A DOUBLE column of a chunk. Nulls show as arbitrary numbers: select coalesce(x, 'nan') instead. */
export function doublesOf(chunk: DuckDBDataChunk, column: number): Float64Array {
  const found = items(chunk, column);
  if (found instanceof Float64Array) return found;
  throw unexpected(column, "DOUBLE");
}

/** An INTEGER column of a chunk. */
export function integersOf(chunk: DuckDBDataChunk, column: number): Int32Array {
  const found = items(chunk, column);
  if (found instanceof Int32Array) return found;
  throw unexpected(column, "INTEGER");
}

/** Tells DuckDB that the array `doublesOf` gave was written to. */
export function flush(chunk: DuckDBDataChunk, column: number): void {
  chunk.getColumnVector(column).flush();
}

function unexpected(column: number, expected: string): PawlError {
  return new PawlError("internal", `Column ${column} of a chunk is not what was asked for.`, { expected });
}
