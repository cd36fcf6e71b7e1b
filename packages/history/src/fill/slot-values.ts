import { aggregates, isListKind, type Kind } from "@pawl/core";
import { sharedDoubles } from "../engine/number-table.ts";
import { writeOut } from "../sweep/sweep-keys.ts";
import type { SweepSlot } from "../sweep/sweep-job.ts";
import type { SlotColumns } from "./lookup-query.ts";

/** One aggregate for a block of rows, where its values are, and what its codes stand for. */
export interface SlotPlace extends SweepSlot {
  readonly slot: string;
  readonly kind: Kind;
  readonly dictionary: string | undefined;
}

/** The values of the slots of one lookup for a block of rows, as records. */
export interface SlotValues {
  readonly slots: readonly SlotPlace[];
  readonly out: Float64Array;
  readonly width: number;
}

/** Doubles a slot needs for each row: a list has its size in front. */
export function slotWidth({ kind, params }: SlotColumns["node"]): number {
  return isListKind(kind) ? (params.n ?? 1) + 1 : 1;
}

/** Room for the values of a lookup, filled with what they are when nothing is known. */
export function emptySlots(columns: readonly SlotColumns[], rows: number): SlotValues {
  let width = 0;
  const slots = columns.map(({ slot, node, arg, where, dictionary }): SlotPlace => {
    const column = width;
    width += slotWidth(node);
    const { kind, fn, params, window } = node;
    const items = slotWidth(node) - 1;
    return { slot, kind, dictionary, fn, params, window, arg, where, items, column };
  });
  const out = sharedDoubles(rows * width).fill(Number.NaN);
  for (const { column, items, fn, params } of slots) {
    const empty = aggregates[fn].sliding(params).finish(0);
    if (empty === null) continue;
    for (let row = 0; row < rows; row++) writeOut(out, row * width + column, items, empty);
  }
  return { slots, out, width };
}
