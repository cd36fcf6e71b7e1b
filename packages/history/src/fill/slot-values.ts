import { aggregates, isListKind, type Plan } from "@pawl/core";
import { sharedDoubles, sharedInts } from "../engine/number-table.ts";
import { writeOut } from "../sweep/sweep-keys.ts";
import type { SweepSlot } from "../sweep/sweep-job.ts";
import type { SlotColumns } from "./lookup-query.ts";

/** The values of one aggregate for a block of rows, and what its codes stand for. */
export interface SlotValues extends SweepSlot {
  readonly slot: string;
  readonly kind: Plan["lookups"][number]["aggregates"][number]["node"]["kind"];
  readonly dictionary: string | undefined;
}

/** Doubles a slot needs for each row. */
export function slotWidth(node: SlotColumns["node"]): number {
  return isListKind(node.kind) ? (node.params.n ?? 1) + 1 : 1;
}

/** Room for the values of a slot, filled with what it is when nothing is known. */
export function emptySlot({ slot, node, arg, where, dictionary }: SlotColumns, rows: number): SlotValues {
  const items = isListKind(node.kind) ? (node.params.n ?? 1) : 0;
  const out = sharedDoubles(rows * Math.max(1, items)).fill(Number.NaN);
  const sizes = items > 0 ? sharedInts(rows).fill(-1) : undefined;
  const made: SlotValues = {
    slot,
    kind: node.kind,
    dictionary,
    fn: node.fn,
    params: node.params,
    window: node.window,
    arg,
    where,
    items,
    out,
    sizes,
  };
  if (rows > 0 && items === 0) {
    writeOut(made, 0, aggregates[node.fn].sliding(node.params).finish(0));
    out.fill(out[0] as number);
  }
  return made;
}
