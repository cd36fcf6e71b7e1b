import { elementKind, isListKind, type ColumnNode } from "@pawl/core";
import { type AppendColumn, createTable } from "../engine/append.ts";
import { ident, list } from "../engine/sql.ts";
import type { Reach } from "../source/relation.ts";
import type { RowRange } from "./key-rows.ts";
import { decodedSql, nullDouble } from "./slot-encoding.ts";
import type { SlotValues } from "./slot-values.ts";

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
  slots: readonly SlotValues[],
  predictions: Predictions,
): Promise<BlockRelation> {
  const { session } = reach;
  const size = rows.until - rows.from;
  const data: AppendColumn[] = [];
  const selected: string[] = [];
  const doubles = (values: Float64Array): string => {
    const name = `v${data.length}`;
    data.push({ name, type: "DOUBLE", values });
    return `nullif(${name}, ${nullDouble})`;
  };
  for (const slot of slots) selected.push(`${slotSql(slot, size, doubles)} AS ${ident(slot.slot)}`);
  for (const [name, values] of predictions) {
    selected.push(`${doubles(values.subarray(rows.from, rows.until))} AS ${ident(name)}`);
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
function slotSql(slot: SlotValues, rows: number, doubles: (values: Float64Array) => string): string {
  const { kind, items, out, sizes, dictionary } = slot;
  const element = isListKind(kind) ? elementKind(kind) : kind;
  const value = (sql: string): string => {
    if (dictionary !== undefined && (element === "string" || element === "bigint")) {
      return decodedSql(sql, element, dictionary);
    }
    return element === "bool" ? `(${sql})::BOOLEAN` : sql;
  };
  if (!sizes) return value(doubles(out));
  const columns = Array.from({ length: items }, (_, item) => {
    const column = new Float64Array(rows);
    for (let row = 0; row < rows; row++) column[row] = out[row * items + item] as number;
    return value(doubles(column));
  });
  const size = doubles(Float64Array.from(sizes, (n) => (n < 0 ? Number.NaN : n)));
  return `CASE WHEN ${size} IS NOT NULL THEN list_slice([${list(columns)}], 1, (${size})::BIGINT) END`;
}
