import { closes } from "@pawl/core";
import type { KeyAnswers } from "./key-answers.ts";
import type { KeyFacts } from "./key-facts.ts";
import type { SweepSlot } from "./sweep-job.ts";

/**
 * Counts, and sums and means of whole numbers: nothing but two running totals. Whole numbers that together
 * stay within 2⁵³ are added and taken off without rounding, so this is the core's exact sum. False when the
 * slot, or this key's values, are of another shape.
 */
export function sweepTotal(slot: SweepSlot, facts: KeyFacts, rows: KeyAnswers): boolean {
  const { fn, window } = slot;
  if (fn !== "count" && fn !== "sum" && fn !== "mean") return false;
  if (slot.arg >= 0 && fn !== "count" && !facts.isWhole(slot.arg)) return false;
  const { order: openOrder, at: openAt } = facts.opening(window);
  const closing = window.width === undefined ? undefined : facts.byEvent();
  const span = closing ? closes(window, 0) : Number.POSITIVE_INFINITY;
  const arg = slot.arg < 0 ? undefined : facts.column(slot.arg);
  const where = slot.where < 0 ? undefined : facts.column(slot.where);
  const { event, size } = facts;
  const { out, width } = rows;
  let n = 0;
  let total = 0;
  let o = 0;
  let c = 0;
  for (let r = 0; r < rows.size; r++) {
    const asOf = rows.asOf[r] as number;
    for (; o < size; o++) {
      const f = openOrder[o] as number;
      const at = openAt[f] as number;
      if (!(at < asOf)) break;
      if ((where && where[f] !== 1) || at >= (event[f] as number) + span) continue;
      const value = arg ? (arg[f] as number) : 0;
      if (Number.isNaN(value)) continue;
      n++;
      total += value;
    }
    if (closing) {
      for (; c < size; c++) {
        const f = closing[c] as number;
        const end = (event[f] as number) + span;
        if (!(end < asOf)) break;
        if ((where && where[f] !== 1) || (openAt[f] as number) >= end) continue;
        const value = arg ? (arg[f] as number) : 0;
        if (Number.isNaN(value)) continue;
        n--;
        total -= value;
      }
    }
    const empty = n === 0 ? Number.NaN : total;
    out[r * width + slot.column] = fn === "count" ? n : fn === "sum" ? empty : empty / n;
  }
  return true;
}
