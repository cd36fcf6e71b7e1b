import { PawlError, type Value } from "@pawl/core";
import {
  type Child,
  childOf,
  describe,
  emptyLeaf,
  holds,
  type Inner,
  type Leaf,
  type Node,
  search,
} from "./node.ts";
import type { Shape, TextCell } from "./shape.ts";

/**
 * The facts of one key in one index, in order of (eventTime, knownTime, sequence): a B+-tree whose parents
 * know of each child how many facts it holds and between which times. So a window is a few whole nodes and
 * two edges, however long the history is. Small keys are a single leaf. Nodes are read when needed.
 *
 * Inserting a fact that is there and removing one that is not change nothing: replay may repeat itself.
 */
export class Timeline {
  readonly key: string;
  /** The root, as if a parent knew it. Its number is always 0. */
  readonly root: Child;
  /** Nodes that differ from the store. */
  changed: ReadonlySet<Node> = noNodes;
  /** Numbers of nodes that are no more. */
  freed: readonly number[] = noNumbers;
  nextNo: number;
  /** Counts changes: what was computed from the timeline before holds while this stays the same. */
  version = 0;
  /** Bytes in memory, roughly. */
  bytes: number;
  /** Writes of this timeline's nodes that are on their way to the store; until then only memory has them. */
  writing = 0;
  /** Asked for since the last look of whoever gives back memory. */
  used = true;
  /** Bytes as its index has counted them. */
  counted = 0;
  /** Answers that hold for a while; see LookupReader. */
  memos: readonly (Memo | undefined)[] = noMemos;
  private readonly shape: Shape;
  private readonly load: (key: string, no: number) => Node;
  private readonly keepUp: KeepUp | undefined;

  constructor(
    key: string,
    shape: Shape,
    root: { readonly node: Node; readonly nextNo: number } | undefined,
    load: (key: string, no: number) => Node,
    keepUp?: KeepUp,
  ) {
    this.key = key;
    this.keepUp = keepUp;
    this.shape = shape;
    this.load = load;
    this.nextNo = root?.nextNo ?? 1;
    this.root = childOf(root?.node ?? emptyLeaf(0), shape);
    this.bytes = timelineBytes + nodeBytes(this.root.node as Node);
  }

  /** The node of a child, read if need be. */
  node(child: Child): Node {
    if (child.node) return child.node;
    const node = this.load(this.key, child.no);
    child.node = node;
    this.bytes += nodeBytes(node);
    return node;
  }

  /** Adds a fact; false if it is there. */
  insert(numbers: readonly number[], texts: readonly TextCell[]): boolean {
    const sibling = this.insertBelow(this.root, numbers, texts);
    if (sibling === false) return false;
    if (sibling) this.growRoot(sibling);
    this.version++;
    this.bytes += numbers.length * 8 + texts.length * 32;
    return true;
  }

  /** Removes a fact; false if it is not there. */
  remove(event: number, known: number, sequence: number): boolean {
    if (!this.removeBelow(this.root, event, known, sequence)) return false;
    this.shrinkRoot();
    this.version++;
    return true;
  }

  /** eventTime, knownTime and sequence of the earliest fact. */
  first(): readonly [number, number, number] | undefined {
    let node = this.node(this.root);
    while (!node.leaf) node = this.node(node.children[0] as Child);
    const [event, known, sequence] = node.rows;
    if (event === undefined || known === undefined || sequence === undefined) return undefined;
    return [event, known, sequence];
  }

  /** Lets go of everything below the root that is as in the store, to give back memory. */
  release(): void {
    if (this.changed.size > 0 || this.writing > 0) return;
    const { node } = this.root;
    if (!node || node.leaf) return;
    for (const child of node.children) child.node = undefined;
    this.bytes = timelineBytes + nodeBytes(node);
  }

  /** Lets go of what lies below an inner node, if it is as in the store; the node keeps its own summaries. */
  letGo(node: Node): void {
    if (node.leaf || this.changed.size > 0 || this.writing > 0) return;
    for (const child of node.children) {
      if (child.node) this.bytes -= nodeBytes(child.node);
      child.node = undefined;
    }
  }

  /** Hands over what differs from the store, as one who is going to write it. */
  takeChanges(): { readonly nodes: readonly Node[]; readonly freed: readonly number[] } {
    const taken = { nodes: [...this.changed], freed: this.freed };
    this.changed = noNodes;
    this.freed = noNumbers;
    this.writing++;
    return taken;
  }

  /** Takes back what could not be written. */
  restoreChanges({ nodes, freed }: ReturnType<Timeline["takeChanges"]>): void {
    for (const node of nodes) this.markChanged(node);
    this.freed = [...this.freed, ...freed];
    this.writing--;
  }

  remember(place: number, memo: Memo): void {
    const memos = this.memos === noMemos ? [] : (this.memos as (Memo | undefined)[]);
    memos[place] = memo;
    this.memos = memos;
  }

  private markChanged(node: Node): void {
    if (this.changed === noNodes) this.changed = new Set();
    (this.changed as Set<Node>).add(node);
  }

  private forgetChange(node: Node): void {
    if (this.changed !== noNodes) (this.changed as Set<Node>).delete(node);
  }

  private touchByInsert(node: Node, numbers: readonly number[], texts: readonly TextCell[]): void {
    if (node.summaries && this.keepUp) this.keepUp(node, numbers, texts);
    else node.summaries = undefined;
    this.markChanged(node);
  }

  private touch(node: Node): void {
    node.summaries = undefined;
    this.markChanged(node);
  }

  /** The new right-hand sibling if the child had to be split; false if the fact was there already. */
  private insertBelow(
    child: Child,
    numbers: readonly number[],
    texts: readonly TextCell[],
  ): Child | undefined | false {
    const node = this.node(child);
    if (node.leaf) return this.insertInLeaf(child, node, numbers, texts);
    const position = childFor(node, numbers[0] as number, numbers[1] as number, numbers[2] as number);
    const below = node.children[position] as Child;
    const sibling = this.insertBelow(below, numbers, texts);
    if (sibling === false) return false;
    if (sibling) node.children.splice(position + 1, 0, sibling);
    this.touchByInsert(node, numbers, texts);
    widen(child, numbers[0] as number, numbers[1] as number);
    return node.children.length > this.shape.innerChildren ? this.splitInner(child, node) : undefined;
  }

  private insertInLeaf(
    child: Child,
    leaf: Leaf,
    numbers: readonly number[],
    texts: readonly TextCell[],
  ): Child | undefined | false {
    const { stride, leafFacts } = this.shape;
    const [event, known, sequence] = numbers as unknown as [number, number, number];
    const at = search(leaf.rows, stride, event, known, sequence);
    if (at * stride === leaf.rows.length) {
      leaf.rows.push(...numbers);
      leaf.texts.push(...texts);
    } else {
      if (holds(leaf.rows, at * stride, event, known, sequence)) return false;
      leaf.rows.splice(at * stride, 0, ...numbers);
      leaf.texts.splice(at * this.shape.texts, 0, ...texts);
    }
    this.touchByInsert(leaf, numbers, texts);
    widen(child, event, known);
    return leaf.rows.length > leafFacts * stride ? this.splitLeaf(child, leaf, at) : undefined;
  }

  /** Facts that come in order leave full leaves behind; others halve them. */
  private splitLeaf(child: Child, leaf: Leaf, insertedAt: number): Child {
    const { stride, texts } = this.shape;
    const count = leaf.rows.length / stride;
    const keep = insertedAt === count - 1 ? count - 1 : count >>> 1;
    const right: Leaf = {
      leaf: true,
      no: this.nextNo++,
      rows: leaf.rows.splice(keep * stride),
      texts: leaf.texts.splice(keep * texts),
      summaries: undefined,
    };
    leaf.summaries = undefined;
    this.touch(right);
    describe(child, leaf, this.shape);
    this.bytes += 200;
    return childOf(right, this.shape);
  }

  private splitInner(child: Child, inner: Inner): Child {
    const last = inner.children.length - 1;
    const keep = inner.children[last]?.node && this.isFresh(inner) ? last : inner.children.length >>> 1;
    const right: Inner = {
      leaf: false,
      no: this.nextNo++,
      children: inner.children.splice(keep),
      summaries: undefined,
    };
    inner.summaries = undefined;
    this.touch(right);
    describe(child, inner, this.shape);
    this.bytes += 200;
    return childOf(right, this.shape);
  }

  /** Was the last child just split off at the end? Then the node is full of facts in order. */
  private isFresh(inner: Inner): boolean {
    return inner.children.at(-1)?.count === 1;
  }

  private growRoot(sibling: Child): void {
    const old = this.root.node as Node;
    old.no = this.nextNo++;
    this.touch(old);
    const left = childOf(old, this.shape);
    const root: Inner = { leaf: false, no: 0, children: [left, sibling], summaries: undefined };
    this.touch(root);
    describe(this.root, root, this.shape);
  }

  private removeBelow(child: Child, event: number, known: number, sequence: number): boolean {
    if (child.count === 0 || event < child.minEvent || event > child.maxEvent) return false;
    const node = this.node(child);
    if (node.leaf) {
      const { stride, texts } = this.shape;
      const at = search(node.rows, stride, event, known, sequence);
      if (!holds(node.rows, at * stride, event, known, sequence)) return false;
      node.rows.splice(at * stride, stride);
      node.texts.splice(at * texts, texts);
    } else {
      const position = childFor(node, event, known, sequence);
      const below = node.children[position] as Child;
      if (!this.removeBelow(below, event, known, sequence)) return false;
      if (below.count === 0) {
        node.children.splice(position, 1);
        this.free(below);
      }
    }
    this.touch(node);
    describe(child, node, this.shape);
    return true;
  }

  private free(child: Child): void {
    if (child.node) this.forgetChange(child.node);
    this.freed = [...this.freed, child.no];
  }

  private shrinkRoot(): void {
    for (;;) {
      const { node } = this.root;
      if (!node || node.leaf || node.children.length > 1) return;
      const [only] = node.children;
      this.forgetChange(node);
      const next = only ? this.node(only) : emptyLeaf(0);
      if (only) this.freed = [...this.freed, only.no];
      next.no = 0;
      this.touch(next);
      describe(this.root, next, this.shape);
    }
  }
}

// Most timelines lie still: what they have nothing of, they share.
const noNodes: ReadonlySet<Node> = new Set();
const noNumbers: readonly number[] = [];
const noMemos: readonly (Memo | undefined)[] = [];

/** Bytes of a timeline without its nodes, roughly. */
const timelineBytes = 500;

/** Brings a node's summaries up to date with a fact that was added below it. */
export type KeepUp = (node: Node, numbers: readonly number[], texts: readonly TextCell[]) => void;

/** Values that hold for every `asOf` from `from` to `until`, both inclusive, while the version is the same. */
export interface Memo {
  readonly version: number;
  readonly from: number;
  readonly until: number;
  readonly values: readonly Value[];
}

/** The last child whose facts may start at or before this one. */
function childFor(inner: Inner, event: number, known: number, sequence: number): number {
  const { children } = inner;
  let low = 0;
  let high = children.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const child = children[middle] as Child;
    const starts =
      child.lowEvent !== event
        ? child.lowEvent < event
        : child.lowKnown !== known
          ? child.lowKnown < known
          : child.lowSequence <= sequence;
    if (starts) low = middle;
    else high = middle - 1;
  }
  return low;
}

function widen(child: Child, event: number, known: number): void {
  child.count++;
  if (event < child.minEvent) child.minEvent = event;
  if (event > child.maxEvent) child.maxEvent = event;
  if (known < child.minKnown) child.minKnown = known;
  if (known > child.maxKnown) child.maxKnown = known;
}

function nodeBytes(node: Node): number {
  if (node.leaf) return 250 + node.rows.length * 8 + node.texts.length * 32;
  return 100 + node.children.length * 120;
}

/** Checks a timeline from top to bottom: for tests and `verify`. */
export function checkTimeline(timeline: Timeline, shape: Shape): number[] {
  const sequences: number[] = [];
  let previous: readonly number[] = [];
  const fail = (message: string): never => {
    throw new PawlError("internal", `The timeline of "${timeline.key}" is not in order: ${message}.`);
  };
  const check = (child: Child): void => {
    const node = timeline.node(child);
    const seen = { ...child };
    describe(seen, node, shape);
    for (const field of ["count", "minEvent", "maxEvent", "minKnown", "maxKnown"] as const) {
      if (seen[field] !== child[field]) fail(`${field} is ${child[field]}, must be ${seen[field]}`);
    }
    if (!node.leaf) {
      node.children.forEach(check);
      return;
    }
    if (node.texts.length !== (node.rows.length / shape.stride) * shape.texts) fail("texts are missing");
    for (let at = 0; at < node.rows.length; at += shape.stride) {
      const fact = node.rows.slice(at, at + 3);
      const order = [0, 1, 2].find((i) => fact[i] !== previous[i]);
      if (
        previous.length > 0 &&
        (order === undefined || (fact[order] as number) < (previous[order] as number))
      ) {
        fail(`${fact.join("/")} after ${previous.join("/")}`);
      }
      previous = fact;
      sequences.push(fact[2] as number);
    }
  };
  check(timeline.root);
  return sequences;
}
