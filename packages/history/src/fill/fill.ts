import { type ExprNode, type Kind, type Plan, PawlError, walk, type Work } from "@pawl/core";
import { sharedDoubles } from "../engine/number-table.ts";
import { doublesOf } from "../engine/vectors.ts";
import { ident } from "../engine/sql.ts";
import type { Reach } from "../source/relation.ts";
import { asOfColumn, type SpineTable } from "../spine/spine-table.ts";
import { SelectBuilder } from "../sql/select-builder.ts";
import type { SweepPool } from "../sweep/sweep-pool.ts";
import { fillLookup } from "./fill-lookup.ts";
import type { RowRange } from "./key-rows.ts";
import { onDemandTable } from "./on-demand-table.ts";
import { slotWidth } from "./slot-values.ts";
import { blockRelation, type Predictions } from "./slots-table.ts";

export interface FillOptions {
  readonly ignoreKnownTime: boolean;
  readonly factsPerPass: number;
  readonly valuesPerBlock: number;
  readonly predictions: Predictions;
  /** Columns of the spine to carry into the result, in front of the outputs. */
  readonly carry: readonly string[];
}

/** A column of a result table: `sqlName` there, `name` to the world. */
export interface ResultColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly sqlName: string;
}

/** A filled spine: a relation with one column for each carried column and output, rows in order. */
export interface ResultTable {
  /** What stands behind FROM. */
  readonly from: string;
  readonly rows: number;
  readonly carried: readonly ResultColumn[];
  readonly columns: readonly ResultColumn[];
}

/** The columns of the spine that a plan reads, keys included. */
export function spineColumnsOf(plan: Plan): Set<string> {
  const names = new Set(plan.lookups.flatMap((lookup) => lookup.columns));
  const slots = slotNames(plan);
  for (const output of plan.outputs) {
    const nodes = output.node ? [output.node] : Object.values(output.onDemand?.inputs ?? {});
    for (const node of nodes) {
      walk(node, (inner) => inner.op === "column" && !slots.has(inner.name) && names.add(inner.name));
    }
  }
  return names;
}

function slotNames(plan: Plan): Set<string> {
  return new Set([
    ...plan.lookups.flatMap((lookup) => lookup.aggregates.map(({ slot }) => slot)),
    ...plan.models.map(({ slot }) => slot),
  ]);
}

/** Fills a spine, block by block; several blocks become a temporary table. */
export async function fillSpine(
  reach: Reach,
  pool: SweepPool,
  plan: Plan,
  spine: SpineTable,
  options: FillOptions,
  work: Work,
): Promise<ResultTable> {
  checkPredictions(plan, spine.rows, options.predictions);
  const { session } = reach;
  const result = session.fresh("result");
  const carried = options.carry.map((name, i): ResultColumn => {
    return { name, kind: spine.columns[name] ?? "timestamp", sqlName: `c${i}` };
  });
  const { outputs, columns, onDemand } = outputsOf(plan);
  const aggregates = plan.lookups.flatMap((lookup) => lookup.aggregates);
  const width = aggregates.reduce((total, { node }) => total + slotWidth(node), plan.models.length);
  const blockRows = Math.max(1, Math.floor(options.valuesPerBlock / Math.max(1, width)));
  for (let from = 0; from === 0 || from < spine.rows; from += blockRows) {
    const rows: RowRange = { from, until: Math.min(spine.rows, from + blockRows) };
    const asOf = await moments(reach, spine.table, rows);
    const slots = [];
    for (const lookup of plan.lookups) {
      const request = { ...options, lookup, spine: spine.table, rows, asOf };
      slots.push(await fillLookup(reach, pool, request, work));
    }
    work.onProgress?.({ stage: "putting rows together", done: rows.until, total: spine.rows });
    const block = await blockRelation(reach, spine.table, rows, slots, options.predictions);
    const builder = new SelectBuilder(block.from, { column: block.column, asOf: () => ident(asOfColumn) });
    for (const { name, sqlName } of carried) builder.addSql(sqlName, ident(name));
    for (const { sqlName, node } of outputs) builder.add(sqlName, node);
    builder.addSql("one", "1");
    if (blockRows >= spine.rows) {
      // One block: outputs are computed when they are read, and nothing is kept twice.
      await session.run(`CREATE TEMP VIEW ${ident(result)} AS ${builder.build()}`);
      break;
    }
    const verb = from === 0 ? `CREATE TEMP TABLE ${ident(result)} AS` : `INSERT INTO ${ident(result)}`;
    await session.run(`${verb} ${builder.build()}`);
    await block.drop();
  }
  let from = ident(result);
  if (onDemand.length > 0) {
    const computed = await onDemandTable(reach, result, spine.rows, onDemand, work);
    from = `(SELECT * FROM ${ident(result)} POSITIONAL JOIN ${ident(computed)})`;
  }
  return { from, rows: spine.rows, carried, columns };
}

/** An on-demand output: its inputs are columns of the result table. */
export interface OnDemandOutput {
  readonly sqlName: string;
  readonly output: Plan["outputs"][number];
  readonly inputs: readonly ResultColumn[];
}

function outputsOf(plan: Plan): {
  outputs: { sqlName: string; node: ExprNode }[];
  columns: ResultColumn[];
  onDemand: OnDemandOutput[];
} {
  const outputs: { sqlName: string; node: ExprNode }[] = [];
  const columns: ResultColumn[] = [];
  const onDemand: OnDemandOutput[] = [];
  for (const [i, output] of plan.outputs.entries()) {
    const sqlName = `o${i}`;
    columns.push({ name: output.name, kind: output.kind, sqlName });
    if (output.node) {
      outputs.push({ sqlName, node: output.node });
      continue;
    }
    const inputs = Object.entries(output.onDemand?.inputs ?? {}).map(([name, node], n): ResultColumn => {
      outputs.push({ sqlName: `i${i}_${n}`, node });
      return { name, kind: node.kind, sqlName: `i${i}_${n}` };
    });
    onDemand.push({ sqlName, output, inputs });
  }
  return { outputs, columns, onDemand };
}

function checkPredictions(plan: Plan, rows: number, predictions: Predictions): void {
  for (const { slot, model } of plan.models) {
    const given = predictions.get(slot);
    if (given?.length === rows) continue;
    throw new PawlError("invalid_input", `The predictions of "${model}" are an input here.`, {
      found: given ? `${given.length} predictions` : "no predictions",
      expected: `${rows}, one for each row, under "${slot}"`,
      next: `Fill the view of "${model}" for the same spine, predict, and pass the result as predictions.`,
    });
  }
}

/** The moments of some rows, NaN where there is none. */
async function moments(reach: Reach, spine: string, rows: RowRange): Promise<Float64Array> {
  const size = rows.until - rows.from;
  const asOf = sharedDoubles(size);
  const sql = `SELECT ${ident(asOfColumn)} FROM ${ident(spine)} WHERE rowid >= ${rows.from} AND rowid < ${rows.until}`;
  const result = await reach.session.stream(sql);
  let at = 0;
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    asOf.set(doublesOf(chunk, 0), at);
    at += chunk.rowCount;
  }
  if (at !== size) throw new PawlError("internal", "The spine changed while it was read.");
  return asOf;
}
