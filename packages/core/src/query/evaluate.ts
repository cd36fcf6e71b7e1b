import type {
  AggregateNode,
  AsOfNode,
  CallNode,
  ColumnNode,
  ExprNode,
  FeatureNode,
  LiteralNode,
} from "../definitions/expression-node.ts";
import type { Scalar, Value } from "../definitions/kind.ts";
import { PawlError } from "../errors.ts";
import { calendarPart } from "./calendar-part.ts";
import { functions } from "./functions.ts";

/** Computes a value from a row. */
export type Evaluate<Row> = (row: Row) => Value;

/** The nodes whose value only the caller knows. */
export type LeafNode = ColumnNode | AsOfNode | AggregateNode | FeatureNode;

/**
 * Compiles an expression to a closure. `leaf` says, once for each leaf, how to read it from a row. The row
 * can be anything. Unknown functions, a wrong number of arguments, unknown calendar parts and zones are
 * refused here (`invalid_definition`), not while rows are filled.
 */
export function evaluator<Row>(node: ExprNode, leaf: (node: LeafNode) => Evaluate<Row>): Evaluate<Row> {
  if (node.op === "literal") {
    const value = literalValue(node);
    return () => value;
  }
  if (node.op !== "call") return leaf(node);
  checkCall(node);
  const args = node.args.map((arg) => evaluator(arg, leaf));
  return specialised(node, args) ?? applied(node, args);
}

/** The value a literal stands for: a bigint is written as decimal text. */
export function literalValue({ kind, value }: LiteralNode): Scalar | null {
  return kind === "bigint" && value !== null ? BigInt(value) : value;
}

function checkCall({ fn, args }: CallNode): void {
  const found = Object.hasOwn(functions, fn) ? functions[fn] : undefined;
  if (!found) throw new PawlError("invalid_definition", `There is no function "${String(fn)}".`);
  const [fewest, most] = found.arity;
  if (args.length >= fewest && args.length <= most) return;
  throw new PawlError("invalid_definition", `The function "${fn}" has a wrong number of arguments.`, {
    found: String(args.length),
    expected: fewest === most ? String(fewest) : `at least ${fewest}`,
  });
}

/** Faster forms where constants are known in advance. */
function specialised<Row>(node: CallNode, args: readonly Evaluate<Row>[]): Evaluate<Row> | undefined {
  const [first, second] = args as [Evaluate<Row>, Evaluate<Row>];
  if (node.fn === "calendar") {
    const [part, , zone] = node.args;
    if (part?.op !== "literal" || zone?.op !== "literal") return undefined;
    const read = calendarPart(String(part.value), String(zone.value));
    return (row) => {
      const at = second(row);
      return at === null ? null : read(at as number);
    };
  }
  if (node.fn === "in") {
    const members = new Set<Value>();
    for (const member of node.args.slice(1)) {
      if (member.op !== "literal" || member.value === null) return undefined;
      members.add(literalValue(member));
    }
    return (row) => {
      const value = first(row);
      return value === null ? null : members.has(value);
    };
  }
  return undefined;
}

function applied<Row>({ fn }: CallNode, args: readonly Evaluate<Row>[]): Evaluate<Row> {
  const { strict, apply } = functions[fn];
  const [a, b] = args as [Evaluate<Row>, Evaluate<Row>];
  if (args.length === 1) {
    if (!strict) return (row) => apply(a(row));
    return (row) => {
      const x = a(row);
      return x === null ? null : apply(x);
    };
  }
  if (args.length === 2) {
    if (!strict) return (row) => apply(a(row), b(row));
    return (row) => {
      const x = a(row);
      if (x === null) return null;
      const y = b(row);
      return y === null ? null : apply(x, y);
    };
  }
  return (row) => {
    const values = args.map((arg) => arg(row));
    return strict && values.includes(null) ? null : apply(...values);
  };
}
