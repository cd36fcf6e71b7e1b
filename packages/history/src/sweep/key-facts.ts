import { opens, type Window } from "@pawl/core";
import { sortBy } from "./sort-by.ts";
import type { SweepFacts } from "./sweep-job.ts";

/** The order facts come into sight for a window. */
export interface Opening {
  /** Local positions by `at`, ascending. */
  readonly order: Int32Array;
  /** By local position: visible for asOf > at. */
  readonly at: Float64Array;
}

/**
 * The facts of one key, copied side by side so that a sweep walks through near memory. Arrays are reused
 * from key to key and grow; only the first `size` entries count.
 */
export class KeyFacts {
  size = 0;
  event = new Float64Array(0);
  known = new Float64Array(0);
  readonly args: Float64Array[];
  readonly wheres: Float64Array[];
  #ids = new Int32Array(0);
  #scratch = new Int32Array(0);
  readonly #facts: SweepFacts;
  readonly #usedArgs: readonly number[];
  readonly #usedWheres: readonly number[];
  readonly #openings = new Map<number | undefined, { order: Int32Array; at: Float64Array; fresh: boolean }>();
  #byEvent = { order: new Int32Array(0), fresh: false };

  constructor(facts: SweepFacts, usedArgs: readonly number[], usedWheres: readonly number[]) {
    this.#facts = facts;
    this.#usedArgs = usedArgs;
    this.#usedWheres = usedWheres;
    this.args = facts.args.map(() => new Float64Array(0));
    this.wheres = facts.wheres.map(() => new Float64Array(0));
  }

  load(key: number): void {
    const facts = this.#facts;
    const start = facts.offsets[key] as number;
    const end = facts.offsets[key + 1] as number;
    const n = end - start;
    this.size = n;
    this.#grow(n);
    const ids = this.#ids;
    for (let i = 0; i < n; i++) ids[i] = facts.order[start + i] as number;
    gather(facts.event, ids, n, this.event);
    gather(facts.known, ids, n, this.known);
    for (const a of this.#usedArgs) {
      gather(facts.args[a] as Float64Array, ids, n, this.args[a] as Float64Array);
    }
    for (const w of this.#usedWheres) {
      gather(facts.wheres[w] as Float64Array, ids, n, this.wheres[w] as Float64Array);
    }
    for (const opening of this.#openings.values()) opening.fresh = false;
    this.#byEvent.fresh = false;
  }

  opening(window: Window): Opening {
    const id = window.lag ?? (window.past === true ? 0 : undefined);
    let opening = this.#openings.get(id);
    if (!opening) {
      opening = { order: new Int32Array(0), at: new Float64Array(0), fresh: false };
      this.#openings.set(id, opening);
    }
    if (opening.fresh) return opening;
    const n = this.size;
    if (opening.order.length < n) opening.order = new Int32Array(this.event.length);
    if (id === undefined) opening.at = this.known;
    else {
      if (opening.at.length < n) opening.at = new Float64Array(this.event.length);
      for (let i = 0; i < n; i++) {
        opening.at[i] = opens(window, this.event[i] as number, this.known[i] as number);
      }
    }
    sortAll(opening.at, opening.order, n, this.#scratch);
    opening.fresh = true;
    return opening;
  }

  /** Local positions by eventTime: for one window, the order in which facts go out of sight. */
  byEvent(): Int32Array {
    const byEvent = this.#byEvent;
    if (byEvent.fresh) return byEvent.order;
    if (byEvent.order.length < this.size) byEvent.order = new Int32Array(this.event.length);
    sortAll(this.event, byEvent.order, this.size, this.#scratch);
    byEvent.fresh = true;
    return byEvent.order;
  }

  #grow(n: number): void {
    if (this.event.length >= n) return;
    const capacity = Math.max(64, n, this.event.length * 2);
    this.event = new Float64Array(capacity);
    this.known = new Float64Array(capacity);
    this.#ids = new Int32Array(capacity);
    this.#scratch = new Int32Array(capacity);
    for (const a of this.#usedArgs) this.args[a] = new Float64Array(capacity);
    for (const w of this.#usedWheres) this.wheres[w] = new Float64Array(capacity);
  }
}

function sortAll(keys: Float64Array, order: Int32Array, n: number, scratch: Int32Array): void {
  for (let i = 0; i < n; i++) order[i] = i;
  sortBy(keys, order, n, scratch);
}

function gather(from: Float64Array, ids: Int32Array, n: number, to: Float64Array): void {
  for (let i = 0; i < n; i++) to[i] = from[ids[i] as number] as number;
}
