import type { Shape, TextCell } from "./shape.ts";

/** Summaries of all facts below a node, by the number of the state (see IndexStates); made when first asked for. */
export type Summaries = unknown[];

/** Some facts in order of (eventTime, knownTime, sequence). */
export interface Leaf {
  readonly leaf: true;
  no: number;
  /** `stride` numbers per fact: eventTime, knownTime, sequence, then the numeric columns. */
  readonly rows: number[];
  readonly texts: TextCell[];
  summaries: Summaries | undefined;
}

/** Leaves or further inner nodes, in order. */
export interface Inner {
  readonly leaf: false;
  no: number;
  readonly children: Child[];
  summaries: Summaries | undefined;
}

export type Node = Leaf | Inner;

/** What a parent knows of a child without reading it. */
export interface Child {
  no: number;
  node: Node | undefined;
  count: number;
  minEvent: number;
  maxEvent: number;
  minKnown: number;
  maxKnown: number;
  /** No fact of this child comes before this one; only the first child of a node may hold earlier ones. */
  lowEvent: number;
  lowKnown: number;
  lowSequence: number;
}

export function emptyLeaf(no: number): Leaf {
  return { leaf: true, no, rows: [], texts: [], summaries: undefined };
}

/** Position of the first fact not before (eventTime, knownTime, sequence). */
export function search(
  rows: readonly number[],
  stride: number,
  event: number,
  known: number,
  sequence: number,
): number {
  let low = 0;
  let high = rows.length / stride;
  // Most facts come in order: look at the end first.
  if (high > 0 && before(rows, (high - 1) * stride, event, known, sequence)) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(rows, middle * stride, event, known, sequence)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function before(
  rows: readonly number[],
  at: number,
  event: number,
  known: number,
  sequence: number,
): boolean {
  const e = rows[at] as number;
  if (e !== event) return e < event;
  const k = rows[at + 1] as number;
  if (k !== known) return k < known;
  return (rows[at + 2] as number) < sequence;
}

export function holds(
  rows: readonly number[],
  at: number,
  event: number,
  known: number,
  sequence: number,
): boolean {
  return rows[at] === event && rows[at + 1] === known && rows[at + 2] === sequence;
}

/** Position of the first fact with eventTime ≥ `event`. */
export function firstFrom(rows: readonly number[], stride: number, event: number): number {
  let low = 0;
  let high = rows.length / stride;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle * stride] as number) < event) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Brings what a parent knows of a child up to date with the child. */
export function describe(child: Child, node: Node, shape: Shape): void {
  child.node = node;
  child.no = node.no;
  let [count, minEvent, maxEvent] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [minKnown, maxKnown] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (node.leaf) {
    const { rows } = node;
    const { stride } = shape;
    count = rows.length / stride;
    if (count > 0) {
      minEvent = rows[0] as number;
      maxEvent = rows[rows.length - stride] as number;
    }
    for (let at = 1; at < rows.length; at += stride) {
      const known = rows[at] as number;
      if (known < minKnown) minKnown = known;
      if (known > maxKnown) maxKnown = known;
    }
  } else {
    for (const each of node.children) {
      count += each.count;
      minEvent = Math.min(minEvent, each.minEvent);
      maxEvent = Math.max(maxEvent, each.maxEvent);
      minKnown = Math.min(minKnown, each.minKnown);
      maxKnown = Math.max(maxKnown, each.maxKnown);
    }
  }
  child.count = count;
  child.minEvent = minEvent;
  child.maxEvent = maxEvent;
  child.minKnown = minKnown;
  child.maxKnown = maxKnown;
}

export function childOf(node: Node, shape: Shape): Child {
  const low = firstOf(node);
  const child: Child = {
    no: node.no,
    node,
    count: 0,
    minEvent: 0,
    maxEvent: 0,
    minKnown: 0,
    maxKnown: 0,
    lowEvent: low[0],
    lowKnown: low[1],
    lowSequence: low[2],
  };
  describe(child, node, shape);
  return child;
}

function firstOf(node: Node): readonly [number, number, number] {
  if (node.leaf) return [node.rows[0] ?? 0, node.rows[1] ?? 0, node.rows[2] ?? 0];
  const [first] = node.children;
  return first ? [first.lowEvent, first.lowKnown, first.lowSequence] : [0, 0, 0];
}
