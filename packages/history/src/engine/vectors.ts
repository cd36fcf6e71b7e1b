import type { DuckDBDataChunk } from "@duckdb/node-api";
import { PawlError } from "@pawl/core";

/** What every vector of numbers has, though the library declares it private. */
interface NumberVector {
  /** A copy of the chunk's numbers. */
  readonly items?: unknown;
  /** A bit for each item, 1 where it is not null; no data when nothing is null. */
  readonly validity?: { readonly data?: BigUint64Array | null };
}

/**
 * A column of a chunk as it lies in memory: 20 times faster than asking for item by item. The fields are in
 * every version of the library so far; should they go, this says so instead of reading wrong numbers.
 */
function vectorOf(
  chunk: DuckDBDataChunk,
  column: number,
): NumberVector & { readonly valid: Uint32Array | undefined } {
  const { items, validity } = chunk.getColumnVector(column) as unknown as NumberVector;
  if (validity?.data === undefined) throw unexpected(column, "a vector with validity");
  const { data } = validity;
  return { items, valid: data ? new Uint32Array(data.buffer, data.byteOffset, data.length * 2) : undefined };
}

/** A DOUBLE column of a chunk, NaN for null. */
export function doublesOf(chunk: DuckDBDataChunk, column: number): Float64Array {
  const { items, valid } = vectorOf(chunk, column);
  if (!(items instanceof Float64Array)) throw unexpected(column, "DOUBLE");
  if (valid) {
    for (let i = 0; i < items.length; i++) {
      if (((valid[i >>> 5] as number) & (1 << (i & 31))) === 0) items[i] = Number.NaN;
    }
  }
  return items;
}

/** An INTEGER column of a chunk, without nulls. */
export function integersOf(chunk: DuckDBDataChunk, column: number): Int32Array {
  const { items } = vectorOf(chunk, column);
  if (items instanceof Int32Array) return items;
  throw unexpected(column, "INTEGER");
}

/** The room of a DOUBLE column that is being written. */
export function roomOf(chunk: DuckDBDataChunk, column: number): Float64Array {
  const { items } = chunk.getColumnVector(column) as unknown as NumberVector;
  if (items instanceof Float64Array) return items;
  throw unexpected(column, "DOUBLE");
}

/** Tells DuckDB that the array `roomOf` gave was written to. */
export function flush(chunk: DuckDBDataChunk, column: number): void {
  chunk.getColumnVector(column).flush();
}

function unexpected(column: number, expected: string): PawlError {
  return new PawlError("internal", `Column ${column} of a chunk is not what was asked for.`, { expected });
}
