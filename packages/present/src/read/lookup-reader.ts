import type { AggregateNode, Value } from "@pawl/core";
import { firstFrom, type Child, type Node } from "../timeline/node.ts";
import type { Memo, Timeline } from "../timeline/timeline.ts";
import type { Cursor, IndexStates, State } from "./index-states.ts";

/** One aggregate as a lookup asks for it: which state, and where its value goes. */
interface Member {
  readonly state: State;
  /** The widest window it is asked over; past that it is left alone. */
  last: number;
}

/** States that are fed by one measure. */
interface Feed {
  readonly measure: number;
  readonly members: readonly number[];
}

interface Window {
  /** Infinity for a lifetime. */
  readonly width: number;
  readonly feeds: readonly Feed[];
  readonly active: readonly number[];
  readonly finish: readonly { readonly member: number; readonly slot: number }[];
}

/**
 * Aggregates whose windows end at the same moment, narrowest first: a wider window is the narrower one and
 * what lies before it, so all are filled in one walk from the newest fact to the oldest.
 */
interface Group {
  readonly id: number;
  readonly lag: number;
  /** Only facts with eventTime < asOf − lag; else planned ones too. */
  readonly past: boolean;
  /** Does a result change with `asOf` even while the facts stay the same? */
  readonly fading: boolean;
  readonly members: readonly Member[];
  readonly windows: readonly Window[];
  readonly slots: readonly number[];
}

/** Facts in a leaf below which a walk over them is cheaper than keeping summaries of it. */
const wholeFrom = 4;
/** Facts below a node up to which summaries that hold every value are kept. */
const unboundedUpTo = 2048;

/**
 * Fills the aggregates of one lookup from a timeline. What it computes is, to the letter, the aggregate over
 * the facts that `sees` lets through: whole nodes by their summaries where both times allow it, the facts
 * one by one elsewhere. Any `asOf` will do, past or future.
 */
export class LookupReader {
  private readonly groups: readonly Group[];
  private readonly states: IndexStates;
  private readonly stride: number;
  private readonly textStride: number;
  private readonly cursor: Cursor = { rows: [], texts: [], at: 0, textAt: 0 };

  constructor(
    nodes: readonly AggregateNode[],
    states: IndexStates,
    shape: { readonly stride: number; readonly texts: number },
  ) {
    this.states = states;
    this.stride = shape.stride;
    this.textStride = shape.texts;
    this.groups = groupsOf(nodes, states);
  }

  /** Values by slot; slot i is that of `nodes[i]`. */
  read(timeline: Timeline, asOf: number, into: Value[]): void {
    for (const group of this.groups) {
      const memo = timeline.memos[group.id];
      if (memo && memo.version === timeline.version && asOf >= memo.from && asOf <= memo.until) {
        for (let i = 0; i < group.slots.length; i++) into[group.slots[i] as number] = memo.values[i] as Value;
        continue;
      }
      this.fill(group, timeline, asOf, into);
      if (!group.fading) this.remember(group, timeline, asOf, into);
    }
  }

  /** The values of a key nothing is known of. */
  empty(asOf: number, into: Value[]): void {
    for (const { members, windows } of this.groups) {
      for (const { finish } of windows) {
        for (const { member, slot } of finish) {
          const { aggregate, params } = (members[member] as Member).state;
          into[slot] = aggregate.finish(aggregate.init(params), asOf);
        }
      }
    }
  }

  private fill(group: Group, timeline: Timeline, asOf: number, into: Value[]): void {
    const summaries = group.members.map(({ state }) => state.aggregate.init(state.params));
    let before = group.past ? asOf - group.lag : Number.POSITIVE_INFINITY;
    for (const window of group.windows) {
      const from = asOf - group.lag - window.width;
      this.fold(timeline, timeline.root, from, before, asOf, group, window, summaries);
      for (const { member, slot } of window.finish) {
        into[slot] = (group.members[member] as Member).state.aggregate.finish(summaries[member], asOf);
      }
      before = Math.min(before, from);
    }
  }

  /** Adds the facts below a child with from ≤ eventTime < before and knownTime < asOf. */
  private fold(
    timeline: Timeline,
    child: Child,
    from: number,
    before: number,
    asOf: number,
    group: Group,
    window: Window,
    summaries: unknown[],
  ): void {
    if (child.count === 0 || child.maxEvent < from || child.minEvent >= before || child.minKnown >= asOf)
      return;
    const whole = child.minEvent >= from && child.maxEvent < before && child.maxKnown < asOf;
    const node = timeline.node(child);
    if (node.leaf) {
      if (whole && child !== timeline.root && child.count >= wholeFrom) {
        for (const member of window.active) this.merge(timeline, child, group, member, summaries);
      } else {
        this.foldLeaf(node.rows, node.texts, from, before, asOf, group, window, summaries);
      }
      return;
    }
    if (whole) {
      for (const member of window.active) this.merge(timeline, child, group, member, summaries);
      return;
    }
    for (let i = node.children.length - 1; i >= 0; i--) {
      const below = node.children[i] as Child;
      this.fold(timeline, below, from, before, asOf, group, window, summaries);
    }
  }

  private merge(timeline: Timeline, child: Child, group: Group, member: number, summaries: unknown[]): void {
    const { state } = group.members[member] as Member;
    this.mergeState(timeline, child, state, summaries[member]);
  }

  private mergeState(timeline: Timeline, child: Child, state: State, into: unknown): void {
    if (state.bounded || child.count <= unboundedUpTo) {
      state.aggregate.merge(into, this.summary(timeline, child, state));
      return;
    }
    const node = timeline.node(child);
    if (node.leaf) this.addAll(node, state, into);
    else for (const below of node.children) this.mergeState(timeline, below, state, into);
  }

  /** The summary of everything below a child; kept with the node until a fact below it changes. */
  private summary(timeline: Timeline, child: Child, state: State): unknown {
    const node = timeline.node(child);
    node.summaries ??= [];
    const known = node.summaries[state.id];
    if (known !== undefined) return known;
    const made = state.aggregate.init(state.params);
    if (node.leaf) this.addAll(node, state, made);
    else {
      for (const below of node.children) {
        const wasThere = below.node !== undefined;
        this.mergeState(timeline, below, state, made);
        // Reading a long history once must not leave all of it in memory.
        if (!wasThere && below.node) timeline.letGo(below.node);
      }
    }
    node.summaries[state.id] = made;
    timeline.bytes += 80;
    return made;
  }

  private addAll(node: Node, state: State, into: unknown): void {
    if (!node.leaf) return;
    const { cursor, stride } = this;
    const measure = this.states.measures[state.measure];
    if (!measure) return;
    cursor.rows = node.rows;
    cursor.texts = node.texts;
    cursor.textAt = 0;
    for (let at = 0; at < node.rows.length; at += stride, cursor.textAt += this.textStride) {
      cursor.at = at;
      const value = measure(cursor);
      if (value === undefined) continue;
      state.aggregate.add(into, value, node.rows[at] as number, node.rows[at + 1] as number);
    }
  }

  private foldLeaf(
    rows: readonly number[],
    texts: Cursor["texts"],
    from: number,
    before: number,
    asOf: number,
    { members }: Group,
    { feeds }: Window,
    summaries: unknown[],
  ): void {
    const { cursor, stride } = this;
    const { measures } = this.states;
    cursor.rows = rows;
    cursor.texts = texts;
    const first = from === Number.NEGATIVE_INFINITY ? 0 : firstFrom(rows, stride, from);
    for (let at = first * stride, textAt = first * this.textStride; at < rows.length; at += stride) {
      const eventTime = rows[at] as number;
      if (eventTime >= before) return;
      const knownTime = rows[at + 1] as number;
      if (knownTime < asOf) {
        cursor.at = at;
        cursor.textAt = textAt;
        for (const feed of feeds) {
          const value = (measures[feed.measure] as (fact: Cursor) => ReturnType<(typeof measures)[number]>)(
            cursor,
          );
          if (value === undefined) continue;
          for (const member of feed.members) {
            const { aggregate } = (members[member] as Member).state;
            aggregate.add(summaries[member], value, eventTime, knownTime);
          }
        }
      }
      textAt += this.textStride;
    }
  }

  private remember(group: Group, timeline: Timeline, asOf: number, values: readonly Value[]): void {
    const until = this.holdsUntil(group, timeline, asOf);
    if (until <= asOf) return;
    const memo: Memo = {
      version: timeline.version,
      from: asOf,
      until,
      values: group.slots.map((slot) => values[slot] as Value),
    };
    if (!timeline.memos[group.id]) timeline.bytes += 100 + 16 * group.slots.length;
    timeline.remember(group.id, memo);
  }

  /** The last `asOf` at which no fact has entered or left a window of the group. */
  private holdsUntil(group: Group, timeline: Timeline, asOf: number): number {
    const { root } = timeline;
    let until = Number.POSITIVE_INFINITY;
    if (root.maxKnown >= asOf) {
      const { node } = root;
      if (!node?.leaf) return asOf;
      for (let at = 1; at < node.rows.length; at += this.stride) {
        const known = node.rows[at] as number;
        if (known >= asOf && known < until) until = known;
      }
    }
    for (const { width } of group.windows) {
      if (width === Number.POSITIVE_INFINITY) continue;
      const oldest = this.firstEventFrom(timeline, root, asOf - group.lag - width);
      until = Math.min(until, oldest + group.lag + width);
    }
    if (group.past) {
      const next = this.firstEventFrom(timeline, root, asOf - group.lag);
      until = Math.min(until, next + group.lag);
    }
    return until;
  }

  private firstEventFrom(timeline: Timeline, child: Child, event: number): number {
    if (child.maxEvent < event) return Number.POSITIVE_INFINITY;
    if (child.minEvent >= event) return child.minEvent;
    const node = timeline.node(child);
    if (node.leaf) return node.rows[firstFrom(node.rows, this.stride, event) * this.stride] as number;
    for (const below of node.children) {
      const found = this.firstEventFrom(timeline, below, event);
      if (found !== Number.POSITIVE_INFINITY) return found;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** eventTime of the newest fact known at `asOf`; −∞ when none is. */
  newest(timeline: Timeline, asOf: number, child: Child = timeline.root): number {
    if (child.count === 0 || child.minKnown >= asOf) return Number.NEGATIVE_INFINITY;
    if (child.maxKnown < asOf) return child.maxEvent;
    const node = timeline.node(child);
    if (node.leaf) {
      for (let at = node.rows.length - this.stride; at >= 0; at -= this.stride) {
        if ((node.rows[at + 1] as number) < asOf) return node.rows[at] as number;
      }
      return Number.NEGATIVE_INFINITY;
    }
    for (let i = node.children.length - 1; i >= 0; i--) {
      const found = this.newest(timeline, asOf, node.children[i] as Child);
      if (found !== Number.NEGATIVE_INFINITY) return found;
    }
    return Number.NEGATIVE_INFINITY;
  }
}

function groupsOf(nodes: readonly AggregateNode[], states: IndexStates): Group[] {
  const byRange = new Map<string, { node: AggregateNode; slot: number; state: State }[]>();
  for (const [slot, node] of nodes.entries()) {
    const { lag, past } = node.window;
    const state = states.stateOf(node);
    const range = `${lag ?? "none"} ${lag !== undefined || past === true} ${state.aggregate.past}`;
    const list = byRange.get(range) ?? [];
    list.push({ node, slot, state });
    byRange.set(range, list);
  }
  return [...byRange.values()].map((asked): Group => {
    const { window } = (asked[0] as { node: AggregateNode }).node;
    const widthOf = (node: AggregateNode): number => node.window.width ?? Number.POSITIVE_INFINITY;
    const widths = [...new Set(asked.map(({ node }) => widthOf(node)))].sort((a, b) => a - b);
    const members: Member[] = [];
    const memberOf = new Map<number, number>();
    for (const { state, node } of asked) {
      const position = memberOf.get(state.id) ?? members.push({ state, last: 0 }) - 1;
      memberOf.set(state.id, position);
      const member = members[position] as Member;
      member.last = Math.max(member.last, widths.indexOf(widthOf(node)));
    }
    const windows = widths.map((width, i): Window => {
      const active = members.flatMap(({ last }, member) => (last >= i ? [member] : []));
      const measures = [...new Set(active.map((member) => (members[member] as Member).state.measure))];
      const finish = asked
        .filter(({ node }) => widthOf(node) === width)
        .map(({ state, slot }) => ({ member: memberOf.get(state.id) as number, slot }));
      const feeds = measures.map((measure) => ({
        measure,
        members: active.filter((member) => (members[member] as Member).state.measure === measure),
      }));
      return { width, feeds, active, finish };
    });
    return {
      id: states.groups++,
      lag: window.lag ?? 0,
      past: window.lag !== undefined || window.past === true,
      fading: asked.some(({ state }) => state.aggregate.past),
      members,
      windows,
      slots: asked.map(({ slot }) => slot),
    };
  });
}
