import type { AggregateName, AggregateParameters } from "../aggregates/aggregate.ts";
import type { Window } from "../time/window.ts";
import type { Kind, ScalarKind } from "./kind.ts";

/** Scalar functions. Their meaning is in query/functions.ts, once; engines translate, conformance tests compare. */
export type FunctionName =
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "modulo"
  | "negate"
  | "abs"
  | "floor"
  | "ceil"
  | "round"
  | "sqrt"
  | "ln"
  | "exp"
  | "power"
  | "sin"
  | "cos"
  | "least"
  | "greatest"
  | "toFloat"
  | "equal"
  | "less"
  | "lessOrEqual"
  | "and"
  | "or"
  | "not"
  | "isNull"
  | "coalesce"
  | "if"
  | "in"
  | "concat"
  | "length"
  | "contains"
  | "startsWith"
  | "timeAdd"
  | "timeBetween"
  | "durationOf"
  | "durationIn"
  | "calendar"
  | "item"
  | "size";

export interface LiteralNode {
  readonly op: "literal";
  readonly kind: ScalarKind;
  /** A bigint is written as its decimal text, so that the document stays JSON. */
  readonly value: string | number | boolean | null;
}

/** A column of the fact (inside an aggregate, a knownTime or a label) or of the spine row (in a view). */
export interface ColumnNode {
  readonly op: "column";
  readonly kind: ScalarKind;
  readonly name: string;
}

/** The reader's cut-off of the row being filled. */
export interface AsOfNode {
  readonly op: "asOf";
  readonly kind: "timestamp";
}

export interface CallNode {
  readonly op: "call";
  readonly kind: Kind;
  readonly fn: FunctionName;
  readonly args: readonly ExprNode[];
}

export interface AggregateNode {
  readonly op: "aggregate";
  readonly kind: Kind;
  readonly fn: AggregateName;
  /** What is aggregated, over the columns of one fact; absent for a plain count of facts. */
  readonly arg?: ExprNode;
  /** Facts for which this is not true are left out. */
  readonly where?: ExprNode;
  readonly params: AggregateParameters;
  readonly window: Window;
}

/**
 * A feature of a group, by name; used in views and in expressions over other features. A model is a feature
 * too: `group` is the model's name then, and `feature` is "prediction".
 */
export interface FeatureNode {
  readonly op: "feature";
  readonly kind: Kind;
  readonly group: string;
  readonly feature: string;
  /** Spine columns that hold the group's key, when they are not the columns the group was made by. */
  readonly on?: readonly string[];
}

/** The serialisable expression tree every definition is made of. Plain JSON. */
export type ExprNode = LiteralNode | ColumnNode | AsOfNode | CallNode | AggregateNode | FeatureNode;

/** A model's prediction as an input: a probability (binary) or the number (regression). */
export function predictionNode(model: string): FeatureNode {
  return { op: "feature", kind: "float", group: model, feature: "prediction" };
}

/** Calls `visit` for the node and everything below it, parents first. */
export function walk(node: ExprNode, visit: (node: ExprNode) => void): void {
  visit(node);
  if (node.op === "call") for (const arg of node.args) walk(arg, visit);
  if (node.op === "aggregate") {
    if (node.arg) walk(node.arg, visit);
    if (node.where) walk(node.where, visit);
  }
}

/** The tree with every node replaced by what `change` makes of it, children first. */
export function rewrite(node: ExprNode, change: (node: ExprNode) => ExprNode): ExprNode {
  if (node.op === "call") return change({ ...node, args: node.args.map((arg) => rewrite(arg, change)) });
  if (node.op === "aggregate") {
    return change({
      ...node,
      ...(node.arg && { arg: rewrite(node.arg, change) }),
      ...(node.where && { where: rewrite(node.where, change) }),
    });
  }
  return change(node);
}
