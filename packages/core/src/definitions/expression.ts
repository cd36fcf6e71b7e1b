import { PawlError } from "../errors.ts";
import { type DurationText, parseDuration, timeUnits, type TimeUnit } from "../time/duration.ts";
import { type InstantInput, parseInstant } from "../time/instant.ts";
import type { ExprNode, FunctionName } from "./expression-node.ts";
import { elementKind, isListKind, type Kind, type ListKind, type Scalar, type ScalarKind } from "./kind.ts";

/**
 * A typed handle on an expression tree. Handles only build data: nothing is computed here.
 * Null in, null out, unless a method says otherwise; logic is three-valued as in SQL.
 */
export class Expr<K extends Kind = Kind> {
  readonly node: ExprNode;
  /** Carries the static kind; never set. */
  declare readonly kindType: K;

  constructor(node: ExprNode) {
    this.node = node;
  }

  get kind(): K {
    return this.node.kind as K;
  }

  isNull(): BoolExpr {
    return new BoolExpr(call("isNull", "bool", this.node));
  }

  isNotNull(): BoolExpr {
    return this.isNull().not();
  }
}

/** What may stand where a number is expected. */
export type NumberLike = number | NumberExpr;

/** An int or float expression. int ∘ int stays int, except division. Results that are not finite are null. */
export class NumberExpr extends Expr<"int" | "float"> {
  plus(other: NumberLike): NumberExpr {
    return arithmetic("add", this, other);
  }
  minus(other: NumberLike): NumberExpr {
    return arithmetic("subtract", this, other);
  }
  times(other: NumberLike): NumberExpr {
    return arithmetic("multiply", this, other);
  }
  /** Always float; division by zero is null. */
  dividedBy(other: NumberLike): NumberExpr {
    return new NumberExpr(call("divide", "float", this.node, numberNode(other)));
  }
  /** Remainder with the sign of the divisor (floored); modulo zero is null. */
  modulo(other: NumberLike): NumberExpr {
    return arithmetic("modulo", this, other);
  }
  power(exponent: NumberLike): NumberExpr {
    return new NumberExpr(call("power", "float", this.node, numberNode(exponent)));
  }
  negate(): NumberExpr {
    return this.same("negate");
  }
  abs(): NumberExpr {
    return this.same("abs");
  }
  floor(): NumberExpr {
    return new NumberExpr(call("floor", "int", this.node));
  }
  ceil(): NumberExpr {
    return new NumberExpr(call("ceil", "int", this.node));
  }
  /** To the nearest whole number, halves away from zero. */
  round(): NumberExpr {
    return new NumberExpr(call("round", "int", this.node));
  }
  /** Null below zero. */
  sqrt(): NumberExpr {
    return this.float("sqrt");
  }
  /** Natural logarithm; null at or below zero. */
  ln(): NumberExpr {
    return this.float("ln");
  }
  exp(): NumberExpr {
    return this.float("exp");
  }
  sin(): NumberExpr {
    return this.float("sin");
  }
  cos(): NumberExpr {
    return this.float("cos");
  }
  toFloat(): NumberExpr {
    return this.float("toFloat");
  }
  gt(other: NumberLike): BoolExpr {
    return compare("less", numberNode(other), this.node);
  }
  gte(other: NumberLike): BoolExpr {
    return compare("lessOrEqual", numberNode(other), this.node);
  }
  lt(other: NumberLike): BoolExpr {
    return compare("less", this.node, numberNode(other));
  }
  lte(other: NumberLike): BoolExpr {
    return compare("lessOrEqual", this.node, numberNode(other));
  }
  eq(other: NumberLike): BoolExpr {
    return compare("equal", this.node, numberNode(other));
  }
  neq(other: NumberLike): BoolExpr {
    return this.eq(other).not();
  }
  /** Closed on both ends. */
  between(low: NumberLike, high: NumberLike): BoolExpr {
    return this.gte(low).and(this.lte(high));
  }
  in(values: readonly number[]): BoolExpr {
    return isIn(this.node, values.map(numberNode));
  }
  /** This, or `other` where this is null. */
  orElse(other: NumberLike): NumberExpr {
    return arithmetic("coalesce", this, other);
  }
  private same(fn: FunctionName): NumberExpr {
    return new NumberExpr(call(fn, this.kind, this.node));
  }
  private float(fn: FunctionName): NumberExpr {
    return new NumberExpr(call(fn, "float", this.node));
  }
}

export type BoolLike = boolean | BoolExpr;

export class BoolExpr extends Expr<"bool"> {
  and(other: BoolLike): BoolExpr {
    return new BoolExpr(call("and", "bool", this.node, boolNode(other)));
  }
  or(other: BoolLike): BoolExpr {
    return new BoolExpr(call("or", "bool", this.node, boolNode(other)));
  }
  not(): BoolExpr {
    return new BoolExpr(call("not", "bool", this.node));
  }
  eq(other: BoolLike): BoolExpr {
    return compare("equal", this.node, boolNode(other));
  }
  orElse(other: BoolLike): BoolExpr {
    return new BoolExpr(call("coalesce", "bool", this.node, boolNode(other)));
  }
  /** `yes` where true, `no` where false or null. */
  choose(yes: NumberLike, no: NumberLike): NumberExpr {
    const [a, b] = [numberNode(yes), numberNode(no)];
    return new NumberExpr(call("if", numericKind(a, b), this.node, a, b));
  }
}

export type StringLike = string | StringExpr;

export class StringExpr extends Expr<"string"> {
  eq(other: StringLike): BoolExpr {
    return compare("equal", this.node, stringNode(other));
  }
  neq(other: StringLike): BoolExpr {
    return this.eq(other).not();
  }
  in(values: readonly string[]): BoolExpr {
    return isIn(this.node, values.map(stringNode));
  }
  concat(...others: StringLike[]): StringExpr {
    return new StringExpr(call("concat", "string", this.node, ...others.map(stringNode)));
  }
  /** Number of Unicode code points. */
  length(): NumberExpr {
    return new NumberExpr(call("length", "int", this.node));
  }
  contains(part: StringLike): BoolExpr {
    return new BoolExpr(call("contains", "bool", this.node, stringNode(part)));
  }
  startsWith(part: StringLike): BoolExpr {
    return new BoolExpr(call("startsWith", "bool", this.node, stringNode(part)));
  }
  orElse(other: StringLike): StringExpr {
    return new StringExpr(call("coalesce", "string", this.node, stringNode(other)));
  }
}

/** An identifier of 64 bits: compared, never calculated with. */
export class BigintExpr extends Expr<"bigint"> {
  eq(other: bigint | BigintExpr): BoolExpr {
    return compare("equal", this.node, bigintNode(other));
  }
  in(values: readonly bigint[]): BoolExpr {
    return isIn(this.node, values.map(bigintNode));
  }
}

export type TimeLike = InstantInput | TimeExpr;
export type DurationLike = DurationText | DurationExpr;

export class TimeExpr extends Expr<"timestamp"> {
  plus(length: DurationLike): TimeExpr {
    return new TimeExpr(call("timeAdd", "timestamp", this.node, durationNode(length)));
  }
  minus(length: DurationLike): TimeExpr {
    const back = new DurationExpr(durationNode(length)).negate();
    return new TimeExpr(call("timeAdd", "timestamp", this.node, back.node));
  }
  /** How long after `earlier` this is; negative when before. */
  since(earlier: TimeLike): DurationExpr {
    return new DurationExpr(call("timeBetween", "duration", timeNode(earlier), this.node));
  }
  before(other: TimeLike): BoolExpr {
    return compare("less", this.node, timeNode(other));
  }
  after(other: TimeLike): BoolExpr {
    return compare("less", timeNode(other), this.node);
  }
  eq(other: TimeLike): BoolExpr {
    return compare("equal", this.node, timeNode(other));
  }
  orElse(other: TimeLike): TimeExpr {
    return new TimeExpr(call("coalesce", "timestamp", this.node, timeNode(other)));
  }
}

export class DurationExpr extends Expr<"duration"> {
  plus(other: DurationLike): DurationExpr {
    return new DurationExpr(call("add", "duration", this.node, durationNode(other)));
  }
  negate(): DurationExpr {
    return new DurationExpr(call("negate", "duration", this.node));
  }
  /** As a fractional number of units. */
  in(unit: TimeUnit): NumberExpr {
    return new NumberExpr(call("durationIn", "float", this.node, literal("int", timeUnits[unit])));
  }
  gt(other: DurationLike): BoolExpr {
    return compare("less", durationNode(other), this.node);
  }
  lt(other: DurationLike): BoolExpr {
    return compare("less", this.node, durationNode(other));
  }
}

export class ListExpr<L extends ListKind = ListKind> extends Expr<L> {
  /** The item at a position, 0 first; null beyond the end. */
  at(position: number): L extends `list<${infer E extends ScalarKind}>` ? ExprOf<E> : never {
    const kind = elementKind(this.kind);
    const node = call("item", kind, this.node, literal("int", position));
    return wrap(node, kind) as L extends `list<${infer E extends ScalarKind}>` ? ExprOf<E> : never;
  }
  size(): NumberExpr {
    return new NumberExpr(call("size", "int", this.node));
  }
}

/** The handle for a kind, so that a misuse of a column does not compile. */
export type ExprOf<K extends Kind> = [K] extends ["int" | "float"]
  ? NumberExpr
  : [K] extends ["bool"]
    ? BoolExpr
    : [K] extends ["string"]
      ? StringExpr
      : [K] extends ["bigint"]
        ? BigintExpr
        : [K] extends ["timestamp"]
          ? TimeExpr
          : [K] extends ["duration"]
            ? DurationExpr
            : [K] extends [ListKind]
              ? ListExpr<K>
              : Expr<K>;

/** Puts the right handle on a node of kind K. */
export function wrap<K extends Kind>(node: ExprNode, kind: K): ExprOf<K> {
  const make = (): Expr => {
    if (isListKind(kind)) return new ListExpr(node);
    switch (kind as ScalarKind) {
      case "int":
      case "float":
        return new NumberExpr(node);
      case "bool":
        return new BoolExpr(node);
      case "string":
        return new StringExpr(node);
      case "bigint":
        return new BigintExpr(node);
      case "timestamp":
        return new TimeExpr(node);
      case "duration":
        return new DurationExpr(node);
    }
  };
  return make() as unknown as ExprOf<K>;
}

/** A constant. Whole numbers are int, others float; a Date or Instant is written with `at()`. */
export function constant(value: number): NumberExpr;
export function constant(value: string): StringExpr;
export function constant(value: boolean): BoolExpr;
export function constant(value: bigint): BigintExpr;
export function constant(value: Scalar): Expr {
  if (typeof value === "number") return new NumberExpr(numberNode(value));
  if (typeof value === "string") return new StringExpr(stringNode(value));
  if (typeof value === "bigint") return new BigintExpr(bigintNode(value));
  return new BoolExpr(boolNode(value));
}

/** A fixed moment. */
export function at(moment: InstantInput): TimeExpr {
  return new TimeExpr(timeNode(moment));
}

/** The moment a row is filled as of: the reader's cut-off. */
export function asOf(): TimeExpr {
  return new TimeExpr({ op: "asOf", kind: "timestamp" });
}

const durationOf =
  (unit: TimeUnit) =>
  (amount: NumberLike): DurationExpr =>
    new DurationExpr(call("durationOf", "duration", numberNode(amount), literal("int", timeUnits[unit])));

/** A duration from a number, rounded to whole microseconds. */
export const seconds = durationOf("seconds");
export const minutes = durationOf("minutes");
export const hours = durationOf("hours");
export const days = durationOf("days");

export function call(fn: FunctionName, kind: Kind, ...args: ExprNode[]): ExprNode {
  return { op: "call", kind, fn, args };
}

export function literal(kind: ScalarKind, value: string | number | boolean | null): ExprNode {
  return { op: "literal", kind, value };
}

export function numberNode(value: NumberLike): ExprNode {
  if (typeof value !== "number") return value.node;
  if (!Number.isFinite(value)) {
    throw new PawlError("invalid_definition", "A constant must be a finite number.", {
      found: String(value),
    });
  }
  return literal(Number.isSafeInteger(value) ? "int" : "float", value);
}

function boolNode(value: BoolLike): ExprNode {
  return typeof value === "boolean" ? literal("bool", value) : value.node;
}

function stringNode(value: StringLike): ExprNode {
  return typeof value === "string" ? literal("string", value) : value.node;
}

function bigintNode(value: bigint | BigintExpr): ExprNode {
  return typeof value === "bigint" ? literal("bigint", value.toString()) : value.node;
}

function timeNode(value: TimeLike): ExprNode {
  return value instanceof TimeExpr ? value.node : literal("timestamp", parseInstant(value));
}

function durationNode(value: DurationLike): ExprNode {
  return typeof value === "string"
    ? literal("duration", parseDuration(value, { allowZero: true }))
    : value.node;
}

const numericKind = (...nodes: ExprNode[]): "int" | "float" =>
  nodes.every((node) => node.kind === "int") ? "int" : "float";

function arithmetic(fn: FunctionName, a: NumberExpr, b: NumberLike): NumberExpr {
  const other = numberNode(b);
  return new NumberExpr(call(fn, numericKind(a.node, other), a.node, other));
}

function compare(fn: "equal" | "less" | "lessOrEqual", a: ExprNode, b: ExprNode): BoolExpr {
  return new BoolExpr(call(fn, "bool", a, b));
}

function isIn(node: ExprNode, values: ExprNode[]): BoolExpr {
  if (values.length === 0) return new BoolExpr(literal("bool", false));
  return new BoolExpr(call("in", "bool", node, ...values));
}

/** The smallest of several numbers; nulls are left out, all null is null. */
export function least(first: NumberLike, ...rest: NumberLike[]): NumberExpr {
  const nodes = [first, ...rest].map(numberNode);
  return new NumberExpr(call("least", numericKind(...nodes), ...nodes));
}

/** The greatest of several numbers; nulls are left out, all null is null. */
export function greatest(first: NumberLike, ...rest: NumberLike[]): NumberExpr {
  const nodes = [first, ...rest].map(numberNode);
  return new NumberExpr(call("greatest", numericKind(...nodes), ...nodes));
}
