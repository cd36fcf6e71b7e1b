import type { AggregateName, AggregateParameters } from "../aggregates/aggregate.ts";
import { aggregates } from "../aggregates/aggregates.ts";
import { PawlError } from "../errors.ts";
import { type DurationText, parseDuration, type TimeUnit } from "../time/duration.ts";
import type { Window } from "../time/window.ts";
import {
  asOf,
  type BigintExpr,
  type BoolExpr,
  type Expr,
  type ExprOf,
  type NumberExpr,
  type StringExpr,
  type TimeExpr,
  wrap,
} from "./expression.ts";
import { type AggregateNode, type ExprNode, walk } from "./expression-node.ts";
import type { Kind, ScalarKind } from "./kind.ts";

/** What every aggregate can be narrowed by. Each call gives a new aggregate; the order of calls is free. */
export interface Narrowing<K extends Kind> {
  /** Only facts whose eventTime is at most this long before `asOf` (inclusive). Without it: the whole lifetime. */
  over(width: DurationText): Aggregated<K>;
  /** The same question asked about a window that ended this long ago: [asOf − lag − width, asOf − lag). */
  lagged(lag: DurationText): Aggregated<K>;
  /** Only facts for which this is true. Several calls must all be true. */
  where(condition: BoolExpr): Aggregated<K>;
}

export type Aggregated<K extends Kind> = ExprOf<K> & Narrowing<K>;

type Orderable = NumberExpr | StringExpr | BoolExpr | TimeExpr | BigintExpr | Expr<"duration">;
type KindOf<E extends Expr> = E["kindType"] & ScalarKind;

/** Number of facts, or of facts where `value` is not null. */
export function count(value?: Expr): Aggregated<"int"> {
  return build("count", value);
}
/** Sum of the values that are not null; null when there are none. */
export function sum<E extends NumberExpr>(value: E): Aggregated<"int" | "float"> {
  return build("sum", value);
}
/** Arithmetic mean. */
export function mean(value: NumberExpr | BoolExpr): Aggregated<"float"> {
  return build("mean", value);
}
export function min<E extends Orderable>(value: E): Aggregated<KindOf<E>> {
  return build("min", value);
}
export function max<E extends Orderable>(value: E): Aggregated<KindOf<E>> {
  return build("max", value);
}
/** Sample standard deviation (n − 1); null for fewer than two values. */
export function std(value: NumberExpr): Aggregated<"float"> {
  return build("std", value);
}
/** The value on the earliest fact seen, null if it is null there. */
export function first<E extends Orderable>(value: E): Aggregated<KindOf<E>> {
  return build("first", value);
}
/** The value on the latest fact seen, null if it is null there. */
export function last<E extends Orderable>(value: E): Aggregated<KindOf<E>> {
  return build("last", value);
}
/** The latest n values that are not null, newest first. */
export function lastN<E extends Orderable>(value: E, n: number): Aggregated<`list<${KindOf<E>}>`> {
  return build("lastN", value, { n: positions(n) });
}
/** How many different values, exactly. Memory grows with that number. */
export function distinctCount(value: Orderable): Aggregated<"int"> {
  return build("distinctCount", value);
}
/** How many different values, within about 3 %, in bounded memory; exact up to 1,024. */
export function approxDistinctCount(value: Orderable): Aggregated<"int"> {
  return build("approxDistinctCount", value);
}
/** The q-quantile, q from 0 to 1, interpolated linearly between neighbours. */
export function quantile(value: NumberExpr, q: number): Aggregated<"float"> {
  if (!(q >= 0 && q <= 1)) {
    throw new PawlError("invalid_definition", "A quantile is between 0 and 1.", { found: String(q) });
  }
  return build("quantile", value, { q });
}
export function median(value: NumberExpr): Aggregated<"float"> {
  return quantile(value, 0.5);
}
/** The n most frequent values, most frequent first, ties in the order of the values. */
export function topK<E extends Orderable>(value: E, n: number): Aggregated<`list<${KindOf<E>}>`> {
  return build("topK", value, { n: positions(n) });
}
/** Σ value · 2^(−age / halfLife) over facts that have happened (eventTime < asOf). */
export function decayedSum(value: NumberExpr, halfLife: DurationText): Aggregated<"float"> {
  return build("decayedSum", value, { halfLife: parseDuration(halfLife) });
}
/** Σ 2^(−age / halfLife): a fading count. */
export function decayedCount(halfLife: DurationText): Aggregated<"float"> {
  return build("decayedCount", undefined, { halfLife: parseDuration(halfLife) });
}
/** Weighted mean with weights 2^(−age / halfLife). */
export function decayedMean(value: NumberExpr | BoolExpr, halfLife: DurationText): Aggregated<"float"> {
  return build("decayedMean", value, { halfLife: parseDuration(halfLife) });
}

/** How long ago a moment was, as of the row: recency. `since(last(f.departure))` is minutes by default. */
export function since(moment: TimeExpr, unit: TimeUnit = "minutes"): NumberExpr {
  return asOf().since(moment).in(unit);
}

/** The value `lag` ago: the last fact whose eventTime is before asOf − lag (and which is known by now). */
export function lag<E extends Orderable>(value: E, by: DurationText): Aggregated<KindOf<E>> {
  return last(value).lagged(by);
}

function positions(n: number): number {
  if (Number.isInteger(n) && n >= 1 && n <= 100) return n;
  throw new PawlError("invalid_definition", "A list feature has 1 to 100 items.", { found: String(n) });
}

function build<K extends Kind>(
  fn: AggregateName,
  value?: Expr,
  params: AggregateParameters = {},
): Aggregated<K> {
  const aggregate = aggregates[fn];
  if (value) refuseNested(value.node, "an aggregate's argument");
  const window: Window = aggregate.past ? { past: true } : {};
  const kind = aggregate.resultKind(value?.kind);
  return narrowed({ op: "aggregate", kind, fn, ...(value && { arg: value.node }), params, window });
}

function narrowed<K extends Kind>(node: AggregateNode): Aggregated<K> {
  const narrowing: Narrowing<K> = {
    over: (width) => narrowed({ ...node, window: { ...node.window, width: parseDuration(width) } }),
    lagged: (lag) => narrowed({ ...node, window: { ...node.window, lag: parseDuration(lag) } }),
    where: (condition) => {
      refuseNested(condition.node, "where()");
      const where: ExprNode = node.where
        ? { op: "call", kind: "bool", fn: "and", args: [node.where, condition.node] }
        : condition.node;
      return narrowed({ ...node, where });
    },
  };
  return Object.assign(wrap(node, node.kind as K), narrowing);
}

function refuseNested(node: ExprNode, place: string): void {
  walk(node, (inner) => {
    if (inner.op === "column" || inner.op === "literal" || inner.op === "call") return;
    throw new PawlError("invalid_definition", `Inside ${place} only the columns of one fact can be used.`, {
      found: inner.op,
      expected: "columns, constants and functions of them",
      next: "Aggregate first, then combine the results: sum(a).over(…).dividedBy(count().over(…)).",
    });
  });
}
