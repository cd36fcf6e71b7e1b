import type { DuckDBDataChunk } from "@duckdb/node-api";
import { duckdbError } from "./duckdb-error.ts";
import type { Session } from "./session.ts";
import { doublesOf, integersOf } from "./vectors.ts";

/** Columns of numbers on shared memory; only the first `rows` entries of each count. */
export interface NumberTable {
  readonly rows: number;
  readonly integers: readonly Int32Array[];
  readonly doubles: readonly Float64Array[];
}

/**
 * Reads a SELECT whose first `integers` columns are INTEGER and the rest DOUBLE, NaN for null, in the order
 * DuckDB gives them. Stops with `undefined` beyond `limit` rows: the caller then takes smaller bites.
 */
export async function readNumbers(
  session: Session,
  sql: string,
  integers: number,
  doubles: number,
  options: { expected?: number; limit?: number; onRows?: (rows: number) => void } = {},
): Promise<NumberTable | undefined> {
  const { limit = Number.POSITIVE_INFINITY, onRows } = options;
  let capacity = Math.max(4096, options.expected ?? 65_536);
  let ints = Array.from({ length: integers }, () => sharedInts(capacity));
  let reals = Array.from({ length: doubles }, () => sharedDoubles(capacity));
  let rows = 0;
  const done = await eachChunk(session, sql, (chunk, n) => {
    const size = chunk.rowCount;
    if (rows + size > limit) return false;
    if (rows + size > capacity) {
      capacity = Math.max(rows + size, Math.min(capacity * 2, limit));
      ints = ints.map((old) => grown(old, rows, sharedInts(capacity)));
      reals = reals.map((old) => grown(old, rows, sharedDoubles(capacity)));
    }
    for (let i = 0; i < integers; i++) (ints[i] as Int32Array).set(integersOf(chunk, i), rows);
    for (let i = 0; i < doubles; i++) {
      (reals[i] as Float64Array).set(doublesOf(chunk, integers + i), rows);
    }
    rows += size;
    if (n % 64 === 0) onRows?.(rows);
    return true;
  });
  if (!done) return undefined;
  onRows?.(rows);
  return {
    rows,
    integers: ints.map((array) => array.subarray(0, rows)),
    doubles: reals.map((array) => array.subarray(0, rows)),
  };
}

/** Rows on shared memory: an integer, and doubles side by side in records. */
export interface RecordTable {
  readonly rows: number;
  readonly integers: Int32Array;
  /** Row r is `records[r * width]` to `records[r * width + width - 1]`. */
  readonly records: Float64Array;
  readonly width: number;
}

/**
 * Reads a SELECT of one INTEGER and `width` DOUBLE columns as records. Whoever visits rows in another order
 * than this one then meets a whole record at once, where columns would cost a miss each. What is not a
 * finite number becomes NaN; rows without a number at `required` are left out. Stops with `undefined` beyond
 * `limit` rows.
 */
export async function readRecords(
  session: Session,
  sql: string,
  width: number,
  options: { required: number; expected: number; limit: number; onRows?: (rows: number) => void },
): Promise<RecordTable | undefined> {
  const { required, limit, onRows } = options;
  let capacity = Math.max(2048, options.expected);
  let integers = sharedInts(capacity);
  let records = sharedDoubles(capacity * width);
  let rows = 0;
  const done = await eachChunk(session, sql, (chunk, n) => {
    const size = chunk.rowCount;
    if (rows + size > limit) return false;
    if (rows + size > capacity) {
      capacity = Math.max(rows + size, capacity * 2);
      integers = grown(integers, rows, sharedInts(capacity));
      records = grown(records, rows * width, sharedDoubles(capacity * width));
    }
    integers.set(integersOf(chunk, 0), rows);
    for (let place = 0; place < width; place++) {
      const values = doublesOf(chunk, 1 + place);
      for (let i = 0, to = rows * width + place; i < size; i++, to += width) {
        const x = values[i] as number;
        // Neither an infinity nor NaN is a value; x − x is 0 for all else.
        records[to] = x - x === 0 ? x : Number.NaN;
      }
    }
    let kept = rows;
    for (let row = rows; row < rows + size; row++) {
      if (Number.isNaN(records[row * width + required] as number)) continue;
      if (kept < row) {
        integers[kept] = integers[row] as number;
        records.copyWithin(kept * width, row * width, (row + 1) * width);
      }
      kept++;
    }
    rows = kept;
    if (n % 64 === 0) onRows?.(rows);
    return true;
  });
  if (!done) return undefined;
  onRows?.(rows);
  return { rows, integers: integers.subarray(0, rows), records: records.subarray(0, rows * width), width };
}

/**
 * Calls `take` with each chunk of a result, until it says false; false when it did. The next chunk is asked
 * for before the last one is taken, so that DuckDB's threads and this one work at the same time.
 */
async function eachChunk(
  session: Session,
  sql: string,
  take: (chunk: DuckDBDataChunk, n: number) => boolean,
): Promise<boolean> {
  const result = await session.stream(sql);
  let next = result.fetchChunk();
  try {
    for (let n = 1; ; n++) {
      const chunk = await next;
      if (!chunk || chunk.rowCount === 0) return true;
      next = result.fetchChunk();
      if (!take(chunk, n)) return false;
      if (n % 64 === 0) session.checkCancelled();
    }
  } catch (thrown) {
    session.checkCancelled();
    throw duckdbError(thrown, sql);
  } finally {
    // Whatever is still under way ends before the connection is used again.
    await next.catch(() => undefined);
  }
}

export function sharedDoubles(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

export function sharedInts(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

function grown<A extends Int32Array | Float64Array>(old: A, rows: number, into: A): A {
  into.set(old.subarray(0, rows));
  return into;
}
