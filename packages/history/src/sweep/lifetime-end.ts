import type { KeyFacts } from "./key-facts.ts";
import type { KeyRows } from "./sweep-keys.ts";
import type { SweepSlot } from "./sweep-job.ts";

/**
 * The plain point-in-time join: `last` or `first` without a width. Nothing ever goes out of sight, so the
 * best fact so far is all there is to keep. False when the slot is of another shape.
 */
export function sweepLifetimeEnd(slot: SweepSlot, facts: KeyFacts, rows: KeyRows): boolean {
  if ((slot.fn !== "last" && slot.fn !== "first") || slot.window.width !== undefined) return false;
  const sign = slot.fn === "last" ? 1 : -1;
  const { order, at } = facts.opening(slot.window);
  const { event, known } = facts;
  const arg = facts.args[slot.arg] as Float64Array;
  const where = slot.where < 0 ? undefined : (facts.wheres[slot.where] as Float64Array);
  const { out } = slot;
  let best = -1;
  let o = 0;
  for (let r = 0; r < rows.size; r++) {
    const row = rows.order[r] as number;
    const asOf = rows.asOf[row] as number;
    for (; o < facts.size; o++) {
      const f = order[o] as number;
      if (!((at[f] as number) < asOf)) break;
      if (where && where[f] !== 1) continue;
      if (best < 0 || sign * compareFacts(event, known, arg, f, best) > 0) best = f;
    }
    out[row] = best < 0 ? Number.NaN : (arg[best] as number);
  }
  return true;
}

/** By eventTime, then knownTime, then value with null (NaN) first: the order that settles every tie. */
function compareFacts(
  event: Float64Array,
  known: Float64Array,
  arg: Float64Array,
  a: number,
  b: number,
): number {
  const byEvent = (event[a] as number) - (event[b] as number);
  if (byEvent !== 0) return byEvent;
  const byKnown = (known[a] as number) - (known[b] as number);
  if (byKnown !== 0) return byKnown;
  const x = arg[a] as number;
  const y = arg[b] as number;
  if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : -1;
  if (Number.isNaN(y)) return 1;
  return x - y;
}
