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
 * Reads a SELECT whose first `integers` columns are INTEGER and the rest DOUBLE, without nulls, in the order
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
  const result = await session.stream(sql);
  try {
    for (let n = 1; ; n++) {
      const chunk = await result.fetchChunk();
      const size = chunk?.rowCount ?? 0;
      if (!chunk || size === 0) break;
      if (rows + size > limit) return undefined;
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
      if (n % 64 === 0) {
        session.checkCancelled();
        onRows?.(rows);
      }
    }
  } catch (thrown) {
    session.checkCancelled();
    throw duckdbError(thrown, sql);
  }
  onRows?.(rows);
  return {
    rows,
    integers: ints.map((array) => array.subarray(0, rows)),
    doubles: reals.map((array) => array.subarray(0, rows)),
  };
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
