import {
  type Aggregate,
  type AggregateNode,
  type AggregateParameters,
  aggregates,
  canonicalJson,
  canonicalNode,
  type Evaluate,
  type ExprNode,
  evaluator,
  type Json,
  noArgument,
  PawlError,
  type Scalar,
} from "@pawl/core";
import type { Node } from "../timeline/node.ts";
import { type Shape, type ShapeColumn, type TextCell } from "../timeline/shape.ts";

/** One fact of a leaf, as expressions read it. One object serves all facts in turn. */
export interface Cursor {
  rows: readonly number[];
  texts: readonly TextCell[];
  /** Where the fact's numbers start. */
  at: number;
  /** Where its texts start. */
  textAt: number;
}

/** What is aggregated of a fact; undefined where the condition leaves the fact out. */
export type Measure = (fact: Cursor) => Scalar | null | undefined;

/** An aggregate without its window: what summaries of whole nodes are kept of. */
export interface State {
  readonly id: number;
  readonly aggregate: Aggregate<unknown>;
  readonly params: AggregateParameters;
  readonly measure: number;
  /** Does a summary stay small however many facts it is of? Others are kept of small nodes only. */
  readonly bounded: boolean;
}

const unbounded = new Set(["distinctCount", "quantile", "topK"]);

/** The measures and states of one index, each once however many features and views use it. */
export class IndexStates {
  readonly measures: Measure[] = [];
  readonly states: State[] = [];
  /** How many groups of windows there are over this index; each has its place among a timeline's memos. */
  groups = 0;
  private readonly shape: Shape;
  private readonly eventTime: string;
  private readonly measureIds = new Map<string, number>();
  private readonly stateIds = new Map<string, number>();

  constructor(shape: Shape, eventTime: string) {
    this.shape = shape;
    this.eventTime = eventTime;
  }

  /** Adds one fact to the summaries of a node above it. */
  readonly keepUp = (node: Node, numbers: readonly number[], texts: readonly TextCell[]): void => {
    const { summaries } = node;
    if (!summaries) return;
    const fact: Cursor = { rows: numbers, texts, at: 0, textAt: 0 };
    const [eventTime, knownTime] = numbers as unknown as [number, number];
    for (let id = 0; id < summaries.length; id++) {
      const summary = summaries[id];
      if (summary === undefined) continue;
      const state = this.states[id] as State;
      const value = (this.measures[state.measure] as Measure)(fact);
      if (value === undefined) continue;
      // Those that hold every value are made anew when asked for, if the node is still small enough.
      if (state.bounded || node.leaf) state.aggregate.add(summary, value, eventTime, knownTime);
      else summaries[id] = undefined;
    }
  };

  stateOf(node: AggregateNode): State {
    const { fn, arg, where, params } = canonicalNode(node) as AggregateNode;
    const what = textOf({ arg: (arg ?? null) as Json, where: (where ?? null) as Json });
    const id = textOf({ fn, params: params as Json, what });
    const known = this.stateIds.get(id);
    if (known !== undefined) return this.states[known] as State;
    const state: State = {
      id: this.states.length,
      aggregate: aggregates[fn],
      params,
      measure: this.measureOf(what, arg, where),
      bounded: !unbounded.has(fn),
    };
    this.states.push(state);
    this.stateIds.set(id, state.id);
    return state;
  }

  private measureOf(what: string, arg: ExprNode | undefined, where: ExprNode | undefined): number {
    const known = this.measureIds.get(what);
    if (known !== undefined) return known;
    const value: Evaluate<Cursor> = arg ? this.compile(arg) : () => noArgument;
    const condition = where && this.compile(where);
    const measure: Measure = condition
      ? (fact) => (condition(fact) === true ? (value(fact) as Scalar | null) : undefined)
      : (value as Measure);
    this.measures.push(measure);
    this.measureIds.set(what, this.measures.length - 1);
    return this.measures.length - 1;
  }

  private compile(node: ExprNode): Evaluate<Cursor> {
    return evaluator<Cursor>(node, (leaf) => {
      if (leaf.op !== "column") throw new PawlError("internal", `A fact has no ${leaf.op}.`);
      if (leaf.name === this.eventTime) return (fact) => fact.rows[fact.at] as number;
      const column = this.shape.columns.find(({ name }) => name === leaf.name);
      if (!column) throw new PawlError("internal", `The index has no column "${leaf.name}".`);
      return readColumn(column);
    });
  }
}

function readColumn({ numeric, kind, slot }: ShapeColumn): Evaluate<Cursor> {
  if (!numeric) return (fact) => fact.texts[fact.textAt + slot] ?? null;
  if (kind === "bool") {
    return (fact) => {
      const value = fact.rows[fact.at + slot] as number;
      return Number.isNaN(value) ? null : value !== 0;
    };
  }
  return (fact) => {
    const value = fact.rows[fact.at + slot] as number;
    // NaN is null, and the only value that differs from itself.
    return value === value ? value : null; // oxlint-disable-line no-self-compare -- the fastest test for NaN
  };
}

const textOf = (json: Json): string => canonicalJson(json);
