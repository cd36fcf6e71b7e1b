import { describe, expect, it } from "vitest";
import { call, literal } from "../definitions/expression.ts";
import type { ExprNode, FunctionName } from "../definitions/expression-node.ts";
import type { Value } from "../definitions/kind.ts";
import { parseInstant } from "../time/instant.ts";
import { evaluator } from "./evaluate.ts";
import { functions } from "./functions.ts";

type Row = readonly Value[];

/** The function over columns 0, 1, … of a row, so that nothing is known in advance. */
function run(fn: FunctionName, ...row: Value[]): Value {
  const args = row.map((_, i): ExprNode => ({ op: "column", kind: "float", name: String(i) }));
  return evaluator<Row>(call(fn, "float", ...args), (leaf) => {
    const position = leaf.op === "column" ? Number(leaf.name) : 0;
    return (values) => values[position] as Value;
  })(row);
}

const cases: readonly (readonly [FunctionName, readonly Value[], Value])[] = [
  ["add", [1, 2], 3],
  ["add", [1, null], null],
  ["add", [Number.MAX_VALUE, Number.MAX_VALUE], null],
  ["subtract", [1, 2], -1],
  ["multiply", [3, -2], -6],
  ["divide", [1, 4], 0.25],
  ["divide", [1, 0], null],
  ["divide", [0, 0], null],
  ["modulo", [7, 3], 1],
  ["modulo", [-7, 3], 2],
  ["modulo", [7, -3], -2],
  ["modulo", [-6, 3], -0],
  ["modulo", [1, 0], null],
  ["negate", [2], -2],
  ["abs", [-2], 2],
  ["floor", [-1.5], -2],
  ["ceil", [1.2], 2],
  ["round", [2.5], 3],
  ["round", [-2.5], -3],
  ["round", [0.49999999999999994], 0],
  ["round", [null], null],
  ["sqrt", [9], 3],
  ["sqrt", [-1], null],
  ["ln", [0], null],
  ["ln", [1], 0],
  ["exp", [0], 1],
  ["exp", [1000], null],
  ["power", [2, 10], 1024],
  ["power", [-8, 1 / 3], null],
  ["sin", [0], 0],
  ["cos", [0], 1],
  ["least", [3, null, 2], 2],
  ["greatest", [null, null], null],
  ["greatest", [3, null, 7], 7],
  ["toFloat", [3], 3],
  ["equal", ["a", "a"], true],
  ["equal", [9007199254740993n, 9007199254740992n], false],
  ["equal", [null, null], null],
  ["less", [1, 2], true],
  ["less", ["\uFFFD", "\u{1F600}"], true],
  ["lessOrEqual", [2, 2], true],
  ["lessOrEqual", [3, 2], false],
  ["and", [true, null], null],
  ["and", [null, false], false],
  ["and", [true, true, true], true],
  ["or", [null, true], true],
  ["or", [false, null], null],
  ["or", [false, false], false],
  ["not", [true], false],
  ["not", [null], null],
  ["isNull", [null], true],
  ["isNull", [0], false],
  ["coalesce", [null, 0, 1], 0],
  ["coalesce", [null, null], null],
  ["if", [true, 1, 2], 1],
  ["if", [false, 1, 2], 2],
  ["if", [null, 1, 2], 2],
  ["if", [true, null, 2], null],
  ["in", [2, 1, 2], true],
  ["in", [3, 1, 2], false],
  ["in", [3, 1, null], null],
  ["in", [null, 1], null],
  ["concat", ["a", "b", "c"], "abc"],
  ["concat", ["a", null], null],
  ["length", ["a😀é"], 3],
  ["contains", ["abc", "bc"], true],
  ["contains", ["abc", ""], true],
  ["startsWith", ["abc", "bc"], false],
  ["timeAdd", [10, -3], 7],
  ["timeBetween", [3, 10], 7],
  ["durationOf", [0.0000025, 1_000_000], 3],
  ["durationOf", [-0.0000025, 1_000_000], -2],
  ["durationIn", [90_000_000, 60_000_000], 1.5],
  ["calendar", ["hourOfDay", parseInstant("2024-02-29T13:59:59Z"), "UTC"], 13],
  ["calendar", ["year", null, "UTC"], null],
  ["item", [["a", "b"], 1], "b"],
  ["item", [["a", "b"], 2], null],
  ["item", [null, 0], null],
  ["size", [["a", "b"]], 2],
  ["size", [null], null],
];

describe("functions", () => {
  it.each(cases)("%s %o is %o", (fn, args, expected) => {
    expect(run(fn, ...args)).toBe(expected);
  });

  it("are all shown here", () => {
    expect(new Set(cases.map(([fn]) => fn))).toEqual(new Set(Object.keys(functions)));
  });
});

describe("evaluator", () => {
  const compile = (node: ExprNode): Value => evaluator(node, () => () => null)(undefined);

  it("reads literals, bigints from their text", () => {
    expect(compile(literal("bigint", "9007199254740993"))).toBe(9007199254740993n);
    expect(compile(literal("string", null))).toBe(null);
  });

  it("gives the same for members known in advance", () => {
    const members = [literal("bigint", "1"), literal("bigint", "2")];
    expect(compile(call("in", "bool", literal("bigint", "2"), ...members))).toBe(true);
    expect(compile(call("in", "bool", literal("bigint", "3"), ...members))).toBe(false);
    expect(compile(call("in", "bool", literal("bigint", null), ...members))).toBe(null);
  });

  it("reads each leaf's place once", () => {
    let asked = 0;
    const node = call(
      "add",
      "int",
      { op: "column", kind: "int", name: "a" },
      { op: "asOf", kind: "timestamp" },
    );
    const read = evaluator<Record<string, number>>(node, (leaf) => {
      asked++;
      const name = leaf.op === "column" ? leaf.name : leaf.op;
      return (row) => row[name] ?? null;
    });
    expect([read({ a: 1, asOf: 2 }), read({ a: 3, asOf: 4 }), read({ asOf: 4 })]).toEqual([3, 7, null]);
    expect(asked).toBe(2);
  });

  it.each<[string, ExprNode]>([
    ["no function", call("teleport" as FunctionName, "int", literal("int", 1))],
    ["no function", call("toString" as FunctionName, "int", literal("int", 1))],
    ["wrong number", call("add", "int", literal("int", 1))],
    ["wrong number", call("and", "bool")],
    ["has no", calendar("hourOfNight", "UTC")],
    ["time zone", calendar("hourOfDay", "Mars/Olympus")],
  ])("refuses in advance: %s", (message, node) => {
    const refused = (): unknown => compile(node);
    expect(refused).toThrow(expect.objectContaining({ code: "invalid_definition" }));
    expect(refused).toThrow(message);
  });

  function calendar(part: string, zone: string): ExprNode {
    return call("calendar", "int", literal("string", part), literal("timestamp", 0), literal("string", zone));
  }
});
