import { compareNullable } from "../definitions/compare.ts";
import type { Scalar } from "../definitions/kind.ts";
import { PawlError } from "../errors.ts";

const blockSize = 256;

/** Null among numbers: below every number, as null is below every value. */
const nullNumber = Number.NEGATIVE_INFINITY;

type Values = Float64Array | (Scalar | null)[];

interface Block {
  start: number;
  end: number;
  events: Float64Array;
  knowns: Float64Array;
  values: Values;
}

/**
 * A multiset of facts ordered by eventTime, then knownTime, then value: the order that settles every tie.
 *
 * Sorted blocks of at most 256 facts. Facts that come in order are appended and leave at the front without
 * a search or a move; any other costs binary searches and a move of a few kB. Values are kept as plain
 * doubles for as long as only numbers and nulls come.
 */
export class FactOrder {
  private blocks: Block[];
  private numeric = true;
  size = 0;

  constructor() {
    this.blocks = [this.block(8)];
  }

  add(given: Scalar | null, eventTime: number, knownTime: number): void {
    if (this.numeric && given !== null && typeof given !== "number") this.keepAnyValue();
    const value = given === null && this.numeric ? nullNumber : given;
    const last = this.blocks[this.blocks.length - 1] as Block;
    if (last.end === last.start || this.compare(last, last.end - 1, value, eventTime, knownTime) <= 0) {
      const at = this.room(this.blocks.length - 1, eventTime, knownTime, value);
      if (at) put(at, at.end++, value, eventTime, knownTime);
    } else this.insert(value, eventTime, knownTime);
  }

  remove(given: Scalar | null, eventTime: number, knownTime: number): void {
    const value = given === null && this.numeric ? nullNumber : given;
    const first = this.blocks[0] as Block;
    const isFirst =
      first.end > first.start && this.compare(first, first.start, value, eventTime, knownTime) === 0;
    const b = isFirst ? 0 : this.blockFor(value, eventTime, knownTime);
    const block = this.blocks[b] as Block;
    const at = isFirst ? block.start : this.lowerBound(block, value, eventTime, knownTime);
    if (at === block.end || this.compare(block, at, value, eventTime, knownTime) !== 0) {
      throw new PawlError("internal", "A fact left that was not inside.", {
        details: { eventTime, knownTime },
      });
    }
    this.size--;
    if (at === block.start) block.start++;
    else {
      move(block, at, at + 1, block.end);
      block.end--;
    }
    if (block.start < block.end) return;
    if (this.blocks.length > 1) this.blocks.splice(b, 1);
    else block.start = block.end = 0;
  }

  /** The value of the earliest fact; there must be one. */
  first(): Scalar | null {
    const block = this.blocks[0] as Block;
    return shown(block.values[block.start] as Scalar | null);
  }

  /** The value of the latest fact; there must be one. */
  last(): Scalar | null {
    const block = this.blocks[this.blocks.length - 1] as Block;
    return shown(block.values[block.end - 1] as Scalar | null);
  }

  /** The values of the latest n facts, latest first. */
  latest(n: number): (Scalar | null)[] {
    const found: (Scalar | null)[] = [];
    for (let b = this.blocks.length - 1; b >= 0; b--) {
      const block = this.blocks[b] as Block;
      for (let i = block.end - 1; i >= block.start; i--) {
        if (found.length === n) return found;
        found.push(shown(block.values[i] as Scalar | null));
      }
    }
    return found;
  }

  /** The values of the earliest n facts, earliest first. */
  earliest(n: number): (Scalar | null)[] {
    const found: (Scalar | null)[] = [];
    for (const block of this.blocks) {
      for (let i = block.start; i < block.end; i++) {
        if (found.length === n) return found;
        found.push(shown(block.values[i] as Scalar | null));
      }
    }
    return found;
  }

  clear(): void {
    this.blocks.length = 1;
    const block = this.blocks[0] as Block;
    block.start = block.end = 0;
    this.size = 0;
  }

  private insert(value: Scalar | null, eventTime: number, knownTime: number): void {
    const b = this.blockFor(value, eventTime, knownTime);
    const block = this.room(b, eventTime, knownTime, value);
    if (!block) return;
    const at = this.lowerBound(block, value, eventTime, knownTime);
    move(block, at + 1, at, block.end);
    block.end++;
    put(block, at, value, eventTime, knownTime);
  }

  /** The block, with room for one more at its end; or none, when it had to be split and the fact was added. */
  private room(b: number, eventTime: number, knownTime: number, value: Scalar | null): Block | undefined {
    const block = this.blocks[b] as Block;
    const size = block.end - block.start;
    const capacity = block.events.length;
    this.size++;
    if (block.end < capacity) return block;
    if (block.start > capacity / 4) {
      move(block, 0, block.start, block.end);
      block.start = 0;
      block.end = size;
      return block;
    }
    if (capacity < blockSize) {
      const wider = this.block(Math.min(capacity * 4, blockSize));
      copy(block, block.start, block.end, wider);
      this.blocks[b] = wider;
      return wider;
    }
    // In order, a new block begins; otherwise the full one is halved.
    const isLast = b === this.blocks.length - 1;
    if (isLast && this.compare(block, block.end - 1, value, eventTime, knownTime) <= 0) {
      const next = this.block(blockSize);
      this.blocks.push(next);
      return next;
    }
    const half = block.start + (size >>> 1);
    const upper = this.block(blockSize);
    copy(block, half, block.end, upper);
    block.end = half;
    this.blocks.splice(b + 1, 0, upper);
    this.size--;
    this.insert(value, eventTime, knownTime);
    return undefined;
  }

  /** The first block whose last fact is not before this one, or else the last block. */
  private blockFor(value: Scalar | null, eventTime: number, knownTime: number): number {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.blocks[middle] as Block;
      if (this.compare(block, block.end - 1, value, eventTime, knownTime) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private lowerBound(block: Block, value: Scalar | null, eventTime: number, knownTime: number): number {
    let low = block.start;
    let high = block.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(block, middle, value, eventTime, knownTime) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The fact at `i` against this one. */
  private compare(
    block: Block,
    i: number,
    value: Scalar | null,
    eventTime: number,
    knownTime: number,
  ): number {
    const event = block.events[i] as number;
    if (event !== eventTime) return event < eventTime ? -1 : 1;
    const known = block.knowns[i] as number;
    if (known !== knownTime) return known < knownTime ? -1 : 1;
    const other = block.values[i] as Scalar | null;
    if (!this.numeric) return compareNullable(other, value);
    return (other as number) < (value as number) ? -1 : (other as number) > (value as number) ? 1 : 0;
  }

  private block(capacity: number): Block {
    const values = this.numeric ? new Float64Array(capacity) : Array<Scalar | null>(capacity).fill(null);
    const events = new Float64Array(capacity);
    return { start: 0, end: 0, events, knowns: new Float64Array(capacity), values };
  }

  private keepAnyValue(): void {
    this.numeric = false;
    for (const block of this.blocks) block.values = Array.from(block.values, shown);
  }
}

const shown = (value: Scalar | null): Scalar | null => (value === nullNumber ? null : value);

function put(block: Block, at: number, value: Scalar | null, eventTime: number, knownTime: number): void {
  block.events[at] = eventTime;
  block.knowns[at] = knownTime;
  (block.values as (Scalar | null)[])[at] = value;
}

function move(block: Block, to: number, from: number, end: number): void {
  block.events.copyWithin(to, from, end);
  block.knowns.copyWithin(to, from, end);
  block.values.copyWithin(to, from, end);
}

function copy(from: Block, start: number, end: number, into: Block): void {
  into.events.set(from.events.subarray(start, end));
  into.knowns.set(from.knowns.subarray(start, end));
  for (let i = start; i < end; i++)
    (into.values as (Scalar | null)[])[i - start] = from.values[i] as Scalar | null;
  into.end = end - start;
}
