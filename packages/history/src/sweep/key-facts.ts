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

const blockSize = 256;

/**
 * The facts of one key in order of knownTime, copied into columns side by side: facts come into sight
 * mostly in this order, so a sweep walks through near memory. Arrays are reused from key to key and grow;
 * only the first `size` entries count.
 */
export class KeyFacts {
  size = 0;
  event: Float64Array = new Float64Array(0);
  known: Float64Array = new Float64Array(0);
  readonly #facts: SweepFacts;
  /** Places in a record that are copied, and their columns. */
  readonly #used: readonly number[];
  readonly #columns: Float64Array[];
  readonly #whole: (boolean | undefined)[] = [];
  readonly #openings = new Map<number | undefined, { order: Int32Array; at: Float64Array; fresh: boolean }>();
  #byEvent = { order: new Int32Array(0), fresh: false };
  /** Positions among all facts. */
  #ids = new Int32Array(0);
  #byKnown = new Int32Array(0);
  #scratch = new Int32Array(0);
  #spare: Float64Array = new Float64Array(0);

  /** `used` are the places in a record (arguments, conditions) that `column` will be asked for. */
  constructor(facts: SweepFacts, used: Iterable<number>) {
    this.#facts = facts;
    this.#used = [...new Set([0, facts.known, ...used])];
    this.#columns = Array.from({ length: facts.width }, () => new Float64Array(0));
  }

  load(key: number): void {
    const { records, width, order, offsets } = this.#facts;
    const start = offsets[key] as number;
    const n = (offsets[key + 1] as number) - start;
    this.size = n;
    if (this.event.length < n) this.#grow(n);
    const ids = this.#ids;
    const used = this.#used;
    const columns = this.#columns;
    for (let i = 0; i < n; i++) ids[i] = order[start + i] as number;
    // Each record is met once, some hundred at a time: among millions, to get there costs more than to copy,
    // and the processor goes on many ways at once as long as the loop is this simple.
    for (let from = 0; from < n; from += blockSize) {
      const until = Math.min(n, from + blockSize);
      for (let u = 0; u < used.length; u++) {
        const place = used[u] as number;
        const column = columns[place] as Float64Array;
        for (let i = from; i < until; i++) column[i] = records[(ids[i] as number) * width + place] as number;
      }
    }
    this.#sortByKnown();
    this.#whole.length = 0;
    for (const opening of this.#openings.values()) opening.fresh = false;
    this.#byEvent.fresh = false;
  }

  #sortByKnown(): void {
    const n = this.size;
    const { known } = this;
    let i = 1;
    while (i < n && (known[i] as number) >= (known[i - 1] as number)) i++;
    if (i >= n) return;
    const sorted = this.#byKnown;
    sortAll(known, sorted, n, this.#scratch);
    const ids = this.#scratch;
    for (let to = 0; to < n; to++) ids[to] = this.#ids[sorted[to] as number] as number;
    this.#scratch = this.#ids;
    this.#ids = ids;
    for (const place of this.#used) {
      const from = this.#columns[place] as Float64Array;
      const to = this.#spare;
      for (let at = 0; at < n; at++) to[at] = from[sorted[at] as number] as number;
      this.#columns[place] = to;
      this.#spare = from;
    }
    this.#nameTimes();
  }

  #grow(n: number): void {
    const capacity = Math.max(64, n, this.event.length * 2);
    for (const place of this.#used) this.#columns[place] = new Float64Array(capacity);
    this.#spare = new Float64Array(capacity);
    this.#ids = new Int32Array(capacity);
    this.#byKnown = new Int32Array(capacity);
    this.#scratch = new Int32Array(capacity);
    this.#nameTimes();
  }

  #nameTimes(): void {
    this.event = this.#columns[0] as Float64Array;
    this.known = this.#columns[this.#facts.known] as Float64Array;
  }

  /** Are all values of a column whole, and together so small that any sum of them is exact in a double? */
  isWhole(place: number): boolean {
    const known = this.#whole[place];
    if (known !== undefined) return known;
    const values = this.column(place);
    let size = 0;
    for (let i = 0; i < this.size; i++) {
      const x = values[i] as number;
      if (Number.isNaN(x)) continue;
      if (Math.floor(x) !== x) size = Number.POSITIVE_INFINITY;
      size += Math.abs(x);
    }
    const isWhole = size <= Number.MAX_SAFE_INTEGER;
    this.#whole[place] = isWhole;
    return isWhole;
  }

  /** Where the record of the fact at a local position begins among all. */
  recordAt(local: number): number {
    return (this.#ids[local] as number) * this.#facts.width;
  }

  /** An argument or a condition, by local position. */
  column(place: number): Float64Array {
    return this.#columns[place] as Float64Array;
  }

  opening(window: Window): Opening {
    const id = openingId(window);
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
}

/** Windows with the same id open in the same order. */
export function openingId(window: Window): number | undefined {
  return window.lag ?? (window.past === true ? 0 : undefined);
}

function sortAll(keys: Float64Array, order: Int32Array, n: number, scratch: Int32Array): void {
  for (let i = 0; i < n; i++) order[i] = i;
  sortBy(keys, order, n, scratch);
}
