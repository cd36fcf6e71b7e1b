import { elementKind, isListKind, type ColumnNode } from "@pawl/core";
import { type AppendColumn, createTable } from "../engine/append.ts";
import { ident, list } from "../engine/sql.ts";
import type { Reach } from "../source/relation.ts";
import type { RowRange } from "./key-rows.ts";
import { decodedSql, nullDouble } from "./slot-encoding.ts";
import type { SlotPlace, SlotValues } from "./slot-values.ts";

/** Predictions of models, as one more column of every row. */
export type Predictions = ReadonlyMap<string, Float64Array>;

/** A block of the spine beside its slots and predictions, as something to select from. */
export interface BlockRelation {
  readonly from: string;
  readonly column: (node: ColumnNode) => string;
  readonly drop: () => Promise<void>;
}

/** Puts slots beside their rows. POSITIONAL JOIN keeps the order of both. */
export async function blockRelation(
  reach: Reach,
  spine: string,
  rows: RowRange,
  lookups: readonly SlotValues[],
  predictions: Predictions,
): Promise<BlockRelation> {
  const { session } = reach;
  const size = rows.until - rows.from;
  const data: AppendColumn[] = [];
  const selected: string[] = [];
  const doubles = (values: Float64Array, column: number, width: number): string => {
    const name = `v${data.length}`;
    data.push({ name, type: "DOUBLE", values, column, width });
    return `nullif(${name}, ${nullDouble})`;
  };
  for (const { slots, out, width } of lookups) {
    for (const slot of slots) {
      const sql = slotSql(slot, (column) => doubles(out, column, width));
      selected.push(`${sql} AS ${ident(slot.slot)}`);
    }
  }
  for (const [name, values] of predictions) {
    selected.push(`${doubles(values.subarray(rows.from, rows.until), 0, 1)} AS ${ident(name)}`);
  }
  const block = `SELECT * FROM ${ident(spine)} WHERE rowid >= ${rows.from} AND rowid < ${rows.until}`;
  const column = ({ name }: ColumnNode): string => ident(name);
  if (data.length === 0) return { from: `(${block})`, column, drop: async () => undefined };
  const table = session.fresh("slots");
  await createTable(session, table, data, size);
  const own = `SELECT ${list(selected)} FROM ${ident(table)}`;
  return {
    from: `(SELECT * FROM (${block}) POSITIONAL JOIN (${own}))`,
    column,
    drop: () => session.run(`DROP TABLE ${ident(table)}`),
  };
}

/** A slot's value from its doubles: decoded, and put together to a list. */
function slotSql(
  { kind, items, column, dictionary }: SlotPlace,
  doubles: (column: number) => string,
): string {
  const element = isListKind(kind) ? elementKind(kind) : kind;
  const value = (sql: string): string => {
    if (dictionary !== undefined && (element === "string" || element === "bigint")) {
      return decodedSql(sql, element, dictionary);
    }
    return element === "bool" ? `(${sql})::BOOLEAN` : sql;
  };
  const first = doubles(column);
  if (items === 0) return value(first);
  const columns = Array.from({ length: items }, (_, item) => value(doubles(column + 1 + item)));
  return `CASE WHEN ${first} IS NOT NULL THEN list_slice([${list(columns)}], 1, (${first})::BIGINT) END`;
}
