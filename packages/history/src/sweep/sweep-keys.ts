import {
  type AggregateName,
  aggregates,
  closes,
  noArgument,
  PawlError,
  type Scalar,
  type Sliding,
  type Value,
} from "@pawl/core";
import { KeyAnswers } from "./key-answers.ts";
import { KeyFacts } from "./key-facts.ts";
import { endClasses, isLifetimeEnd, sweepEnd } from "./lifetime-end.ts";
import { sweepTotal } from "./sweep-total.ts";
import type { SweepJob, SweepPart, SweepSlot } from "./sweep-job.ts";

/**
 * Computes a part of a job: for each key, three sorted lists are merged (facts by when they come into
 * sight, facts by when they go out of it, rows by asOf), once for each aggregate. Law 1 is in
 * `opens`/`closes` of core/time/window.ts.
 */
export function sweepKeys(job: SweepJob, part: SweepPart): void {
  const slots = part.slots.map((s) => job.slots[s] as SweepSlot);
  const ends = endClasses(slots);
  const swept = slots.filter((slot) => !isLifetimeEnd(slot));
  const used = swept.flatMap(({ arg, where }) => [arg, where].filter((place) => place >= 0));
  const facts = new KeyFacts(job.facts, [...used, ...ends.flatMap(({ places }) => places)]);
  const slidings = swept.map((slot) => aggregates[slot.fn].sliding(slot.params, { hashOf: Number }));
  const rows = new KeyAnswers(job, slots);
  const { offsets } = job.rows;
  const checkStopped = (): void => {
    if (Atomics.load(job.control, 0) !== 0) throw new PawlError("cancelled", "Stopped on request.");
  };
  let done = 0;
  for (let key = part.fromKey; key < part.untilKey; key++) {
    const size = (offsets[key + 1] as number) - (offsets[key] as number);
    if (size === 0) continue;
    rows.load(key);
    facts.load(key);
    checkStopped();
    for (const end of ends) sweepEnd(end, job.facts, facts, rows);
    for (let s = 0; s < swept.length; s++) {
      checkStopped();
      const slot = swept[s] as SweepSlot;
      if (!sweepTotal(slot, facts, rows)) sweepSlot(slot, slidings[s] as Sliding, facts, rows);
    }
    rows.store();
    done += size * slots.length;
    if (done >= 1000) {
      Atomics.add(job.control, 1, Math.floor(done / 1000));
      done %= 1000;
    }
  }
}

function sweepSlot(slot: SweepSlot, sliding: Sliding, facts: KeyFacts, rows: KeyAnswers): void {
  sliding.clear();
  const { window } = slot;
  const n = facts.size;
  const opening = facts.opening(window);
  const closing = window.width === undefined ? undefined : facts.byEvent();
  const { order: openOrder, at: openAt } = opening;
  const { event, known } = facts;
  const arg = slot.arg < 0 ? undefined : facts.column(slot.arg);
  const where = slot.where < 0 ? undefined : facts.column(slot.where);
  const span = closing ? closes(window, 0) : Number.POSITIVE_INFINITY;
  // A double that is passed on is a number on the heap; most aggregates do not look at times.
  const isTimed = timed.has(slot.fn);
  let o = 0;
  let c = 0;
  const { out, width } = rows;
  let previous = Number.NaN;
  for (let r = 0; r < rows.size; r++) {
    const asOf = rows.asOf[r] as number;
    const to = r * width + slot.column;
    if (asOf === previous) {
      out.copyWithin(to, to - width, to - width + 1 + slot.items);
      continue;
    }
    for (; o < n; o++) {
      const f = openOrder[o] as number;
      if (!((openAt[f] as number) < asOf)) break;
      if (where && where[f] !== 1) continue;
      // Out of sight before it came into sight: never seen.
      if ((openAt[f] as number) >= (event[f] as number) + span) continue;
      if (isTimed) sliding.add(valueAt(arg, f), event[f] as number, known[f] as number);
      else sliding.add(valueAt(arg, f), 0, 0);
    }
    if (closing) {
      for (; c < n; c++) {
        const f = closing[c] as number;
        if (!((event[f] as number) + span < asOf)) break;
        if (where && where[f] !== 1) continue;
        if ((openAt[f] as number) >= (event[f] as number) + span) continue;
        if (isTimed) sliding.remove(valueAt(arg, f), event[f] as number, known[f] as number);
        else sliding.remove(valueAt(arg, f), 0, 0);
      }
    }
    writeOut(out, to, slot.items, sliding.finish(asOf));
    previous = asOf;
  }
}

/** Aggregates whose value depends on the times of facts, and not on their values alone. */
const timed: ReadonlySet<AggregateName> = new Set([
  "first",
  "last",
  "lastN",
  "decayedSum",
  "decayedCount",
  "decayedMean",
]);

/** What the aggregate is told: a number or code, null for NaN. approxDistinctCount gets hashes. */
function valueAt(arg: Float64Array | undefined, f: number): Scalar | null {
  if (!arg) return noArgument;
  const value = arg[f] as number;
  return Number.isNaN(value) ? null : value;
}

/** Puts a value in its place: codes and numbers as they are, bools as 0 and 1, null as NaN. */
export function writeOut(out: Float64Array, at: number, items: number, value: Value): void {
  if (items === 0) {
    out[at] = value === null ? Number.NaN : Number(value);
    return;
  }
  if (!Array.isArray(value)) {
    out[at] = Number.NaN;
    return;
  }
  out[at] = value.length;
  for (let i = 0; i < value.length; i++) {
    const item = value[i] as Scalar | null;
    out[at + 1 + i] = item === null ? Number.NaN : Number(item);
  }
}
