import { aggregates, closes, noArgument, PawlError, type Scalar, type Sliding, type Value } from "@pawl/core";
import { KeyFacts } from "./key-facts.ts";
import { endClasses, isLifetimeEnd, sweepEnd } from "./lifetime-end.ts";
import { sortBy } from "./sort-by.ts";
import type { SweepJob, SweepPart, SweepSlot } from "./sweep-job.ts";

/** The rows of one key in order of asOf. */
export interface KeyRows {
  /** Positions in the spine. */
  readonly order: Int32Array;
  readonly size: number;
  readonly asOf: Float64Array;
}

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
  const { offsets, asOf } = job.rows;
  let order = new Int32Array(64);
  let scratch = new Int32Array(64);
  let done = 0;
  for (let key = part.fromKey; key < part.untilKey; key++) {
    const start = offsets[key] as number;
    const size = (offsets[key + 1] as number) - start;
    if (size === 0) continue;
    if (order.length < size) {
      order = new Int32Array(size * 2);
      scratch = new Int32Array(size * 2);
    }
    for (let i = 0; i < size; i++) order[i] = job.rows.order[start + i] as number;
    sortBy(asOf, order, size, scratch);
    facts.load(key);
    const rows: KeyRows = { order, size, asOf };
    if (Atomics.load(job.control, 0) !== 0) throw new PawlError("cancelled", "Stopped on request.");
    for (const end of ends) sweepEnd(end, job, facts, rows);
    for (let s = 0; s < swept.length; s++) {
      if (Atomics.load(job.control, 0) !== 0) throw new PawlError("cancelled", "Stopped on request.");
      sweepSlot(job, swept[s] as SweepSlot, slidings[s] as Sliding, facts, rows);
    }
    done += size * slots.length;
    if (done >= 1000) {
      Atomics.add(job.control, 1, Math.floor(done / 1000));
      done %= 1000;
    }
  }
}

function sweepSlot(job: SweepJob, slot: SweepSlot, sliding: Sliding, facts: KeyFacts, rows: KeyRows): void {
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
  let o = 0;
  let c = 0;
  let previous = Number.NaN;
  let previousRow = -1;
  for (let r = 0; r < rows.size; r++) {
    const row = rows.order[r] as number;
    const asOf = rows.asOf[row] as number;
    if (asOf === previous) {
      copyOut(job, slot, previousRow, row);
      continue;
    }
    for (; o < n; o++) {
      const f = openOrder[o] as number;
      if (!((openAt[f] as number) < asOf)) break;
      if (where && where[f] !== 1) continue;
      // Out of sight before it came into sight: never seen.
      if ((openAt[f] as number) >= (event[f] as number) + span) continue;
      sliding.add(valueAt(arg, f), event[f] as number, known[f] as number);
    }
    if (closing) {
      for (; c < n; c++) {
        const f = closing[c] as number;
        if (!((event[f] as number) + span < asOf)) break;
        if (where && where[f] !== 1) continue;
        if ((openAt[f] as number) >= (event[f] as number) + span) continue;
        sliding.remove(valueAt(arg, f), event[f] as number, known[f] as number);
      }
    }
    writeOut(job.out, row * job.outWidth + slot.column, slot.items, sliding.finish(asOf));
    previous = asOf;
    previousRow = row;
  }
}

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

function copyOut({ out, outWidth }: SweepJob, { column, items }: SweepSlot, from: number, to: number): void {
  const start = from * outWidth + column;
  out.copyWithin(to * outWidth + column, start, start + 1 + items);
}
