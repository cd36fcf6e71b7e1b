import { PawlError } from "@pawl/core";
import { readNumbers, sharedInts } from "../engine/number-table.ts";
import type { Session } from "../engine/session.ts";
import { ident } from "../engine/sql.ts";
import { asOfColumn } from "../spine/spine-table.ts";
import type { Grouped } from "../sweep/sweep-job.ts";
import type { KeyTable } from "./lookup-query.ts";

/** Rows of the spine, from one position up to another. */
export interface RowRange {
  readonly from: number;
  readonly until: number;
}

/** Positions (within the range) of the rows of each key. Rows without a key or a moment are in no group. */
export async function keyRows(
  session: Session,
  spine: string,
  columns: readonly string[],
  keys: KeyTable,
  range: RowRange,
): Promise<Grouped> {
  const matches = columns.map((column, i) => `s.${ident(column)} = k.k${i}`).join(" AND ");
  const sql = `SELECT k.code, (s.rowid - ${range.from})::INTEGER FROM ${ident(spine)} s JOIN ${ident(keys.table)} k ON ${matches} WHERE s.rowid >= ${range.from} AND s.rowid < ${range.until} AND s.${ident(asOfColumn)} IS NOT NULL`;
  const table = await readNumbers(session, sql, 2, 0, { expected: range.until - range.from });
  const [codes, positions] = table?.integers ?? [];
  if (!codes || !positions) throw new PawlError("internal", "The rows of a spine could not be read.");
  return groupByKey(codes, keys.count, positions);
}

/** Groups 0 … n − 1 (or `ids`) by key code, keeping their order within a key. */
export function groupByKey(codes: Int32Array, keys: number, ids?: Int32Array): Grouped {
  const offsets = sharedInts(keys + 1);
  for (let i = 0; i < codes.length; i++) {
    const at = (codes[i] as number) + 1;
    offsets[at] = (offsets[at] as number) + 1;
  }
  for (let key = 0; key < keys; key++) {
    offsets[key + 1] = (offsets[key + 1] as number) + (offsets[key] as number);
  }
  const next = offsets.slice(0, keys);
  const order = sharedInts(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    const at = next[code] as number;
    order[at] = ids ? (ids[i] as number) : i;
    next[code] = at + 1;
  }
  return { offsets, order };
}
