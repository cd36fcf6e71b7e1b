import type { KeyAnswers } from "./key-answers.ts";
import { type KeyFacts, openingId } from "./key-facts.ts";
import type { SweepFacts, SweepSlot } from "./sweep-job.ts";

/**
 * The plain point-in-time join: `last` or `first` without a width. Nothing ever goes out of sight, so the
 * best fact so far is all there is to keep, and which fact that is does not depend on the column asked for
 * (but where two facts have both times in common: then the values decide, column by column).
 */
export interface EndClass {
  readonly slots: readonly SweepSlot[];
  /** What of the facts has to be at hand: the condition. Arguments are taken from the records. */
  readonly places: readonly number[];
  /** The best fact for each row, as a local position; −1 for none. Reused from key to key. */
  best: Int32Array;
}

export function isLifetimeEnd({ fn, window }: SweepSlot): boolean {
  return (fn === "last" || fn === "first") && window.width === undefined;
}

/** The slots of this shape, in classes that share their fact. */
export function endClasses(slots: readonly SweepSlot[]): EndClass[] {
  const classes = new Map<string, SweepSlot[]>();
  for (const slot of slots) {
    if (!isLifetimeEnd(slot)) continue;
    const id = `${slot.fn} ${slot.where} ${openingId(slot.window)}`;
    classes.set(id, [...(classes.get(id) ?? []), slot]);
  }
  return [...classes.values()].map((slots) => {
    const places = [...new Set(slots.map((slot) => slot.where))].filter((place) => place >= 0);
    return { slots, places, best: new Int32Array(64) };
  });
}

export function sweepEnd(end: EndClass, all: SweepFacts, facts: KeyFacts, rows: KeyAnswers): void {
  const [first] = end.slots;
  if (!first) return;
  if (end.best.length < rows.size) end.best = new Int32Array(rows.size * 2);
  const { records } = all;
  const { out, width } = rows;
  if (!findBest(end.best, first, facts, rows, undefined)) {
    // One fact answers for all columns: its record is met once.
    for (let r = 0; r < rows.size; r++) {
      const best = end.best[r] as number;
      if (best < 0) continue;
      const from = facts.recordAt(best);
      const to = r * width;
      for (const { arg, column } of end.slots) out[to + column] = records[from + arg] as number;
    }
    return;
  }
  for (const slot of end.slots) {
    findBest(end.best, slot, facts, rows, records);
    for (let r = 0; r < rows.size; r++) {
      const best = end.best[r] as number;
      if (best < 0) continue;
      out[r * width + slot.column] = records[facts.recordAt(best) + slot.arg] as number;
    }
  }
}

/** The best fact for each row. Without records, whose values settle ties, says whether there was a tie. */
function findBest(
  found: Int32Array,
  { fn, window, arg, where: condition }: SweepSlot,
  facts: KeyFacts,
  rows: KeyAnswers,
  records: Float64Array | undefined,
): boolean {
  const sign = fn === "last" ? 1 : -1;
  const { order, at } = facts.opening(window);
  const { event, known, size } = facts;
  const where = condition < 0 ? undefined : facts.column(condition);
  let best = -1;
  let o = 0;
  let hasTies = false;
  for (let r = 0; r < rows.size; r++) {
    const asOf = rows.asOf[r] as number;
    for (; o < size; o++) {
      const f = order[o] as number;
      if (!((at[f] as number) < asOf)) break;
      if (where && where[f] !== 1) continue;
      if (best < 0) {
        best = f;
        continue;
      }
      const later =
        (event[f] as number) - (event[best] as number) || (known[f] as number) - (known[best] as number);
      if (later === 0 && !records) hasTies = true;
      const ahead =
        later === 0 && records
          ? compareValues(
              records[facts.recordAt(f) + arg] as number,
              records[facts.recordAt(best) + arg] as number,
            )
          : later;
      if (sign * ahead > 0) best = f;
    }
    found[r] = best;
  }
  return hasTies;
}

/** By value with null (NaN) first: what settles a tie. */
function compareValues(x: number, y: number): number {
  if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : -1;
  return Number.isNaN(y) ? 1 : x - y;
}
