import {
  type CallNode,
  calendarParts,
  type ColumnNode,
  evaluator,
  type ExprNode,
  type FunctionName,
  type Kind,
  literal,
  type ScalarKind,
  type Value,
} from "@pawl/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppendColumn, createTable } from "../engine/append.ts";
import { Database } from "../engine/database.ts";
import type { Session } from "../engine/session.ts";
import { ident } from "../engine/sql.ts";
import { functionSql } from "./function-sql.ts";
import { SelectBuilder } from "./select-builder.ts";

type Row = Readonly<Record<string, Value>>;

const number = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -20, max: 20 }) },
  { weight: 3, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 1e308, -1e308) },
);
const words = fc.oneof(
  fc.constantFrom("", "a", "ab", "b", "é", "😀", "\uffff", "it's", 'say "x"', "a\0b", "%", "_"),
  fc.string({ unit: "binary", maxLength: 6 }).filter((s) => !/\p{Surrogate}/u.test(s)),
);
const moment = fc
  .integer({ min: Date.UTC(1905, 0, 1), max: Date.UTC(2090, 0, 1) })
  .map((ms) => ms * 1000 + 7);
const values: Readonly<Record<ScalarKind, fc.Arbitrary<Value>>> = {
  int: fc.integer({ min: -1000, max: 1000 }),
  float: number,
  bool: fc.boolean(),
  string: words,
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  timestamp: moment,
  duration: fc.integer({ min: -1e12, max: 1e12 }),
};
const columns: Readonly<Record<string, ScalarKind>> = {
  f: "float",
  g: "float",
  h: "float",
  i: "int",
  s: "string",
  u: "string",
  b: "bool",
  c: "bool",
  d: "bool",
  x: "bigint",
  y: "bigint",
  t: "timestamp",
  v: "timestamp",
  l: "duration",
  m: "duration",
};
const rowOf = fc.record(
  Object.fromEntries(
    Object.entries(columns).map(([name, kind]) => [name, fc.option(values[kind], { freq: 6 })]),
  ),
) as fc.Arbitrary<Row>;
const rowsOf = fc.array(rowOf, { minLength: 1, maxLength: 60 });

const col = (name: string): ColumnNode => ({ op: "column", kind: columns[name] as ScalarKind, name });
const call = (fn: FunctionName, kind: Kind, ...args: ExprNode[]): CallNode => ({
  op: "call",
  kind,
  fn,
  args,
});

let database: Database;
beforeAll(async () => {
  database = await Database.open({ threads: 1 });
});
afterAll(() => database.close());

/** Evaluates over rows in DuckDB, through columns, so that nothing is folded beforehand. */
async function inDuckdb(rows: readonly Row[], nodes: readonly ExprNode[]): Promise<Value[][]> {
  const session: Session = await database.session();
  try {
    const data = Object.entries(columns).map(([name, kind]): AppendColumn => {
      const cells = rows.map((row) => row[name] ?? null);
      if (kind === "string") return { name, type: "VARCHAR", values: cells as (string | null)[] };
      if (kind === "bigint") return { name, type: "BIGINT", values: cells as (bigint | null)[] };
      if (kind === "bool") return { name, type: "BOOLEAN", values: cells as (boolean | null)[] };
      const numbers = Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell)));
      return { name, type: "DOUBLE", values: numbers };
    });
    await createTable(session, "facts", data, rows.length);
    const read = data.map(({ name, type }) =>
      type === "DOUBLE" ? `nullif(${ident(name)}, 'nan'::DOUBLE) AS ${ident(name)}` : ident(name),
    );
    const builder = new SelectBuilder(`(SELECT ${read.join(", ")} FROM facts)`, {
      column: ({ name }) => ident(name),
      asOf: () => ident("t"),
    });
    for (const [i, node] of nodes.entries()) builder.add(`o${i}`, node);
    return await session.rows(builder.build());
  } finally {
    await session.close();
  }
}

const inCore = (node: ExprNode): ((row: Row) => Value) =>
  evaluator<Row>(node, (leaf) => {
    if (leaf.op === "asOf") return (row) => row["t"] as Value;
    if (leaf.op !== "column") throw new Error(leaf.op);
    return (row) => row[leaf.name] as Value;
  });

/** How a value differs from the core's, in words. */
function difference(found: Value, expected: Value, exact: boolean): string | undefined {
  if (found === expected) return undefined;
  const close =
    !exact &&
    typeof found === "number" &&
    typeof expected === "number" &&
    Math.abs(found - expected) <= 1.6e-15 * Math.abs(expected);
  return close ? undefined : `${String(found)} for ${String(expected)}`;
}

/** Calls of each function over columns. */
const cases: { readonly [F in FunctionName]: readonly CallNode[] } = {
  add: [call("add", "float", col("f"), col("g")), call("add", "duration", col("l"), col("m"))],
  subtract: [call("subtract", "float", col("f"), col("g"))],
  multiply: [call("multiply", "float", col("f"), col("g"))],
  divide: [call("divide", "float", col("f"), col("g"))],
  modulo: [
    call("modulo", "float", col("f"), col("g")),
    call("modulo", "float", col("i"), literal("int", -7)),
  ],
  negate: [call("negate", "float", col("f"))],
  abs: [call("abs", "float", col("f"))],
  floor: [call("floor", "int", col("f"))],
  ceil: [call("ceil", "int", col("f"))],
  round: [call("round", "int", col("f"))],
  sqrt: [call("sqrt", "float", col("f"))],
  ln: [call("ln", "float", col("f"))],
  exp: [call("exp", "float", col("f"))],
  power: [call("power", "float", col("f"), col("i")), call("power", "float", col("f"), col("g"))],
  sin: [call("sin", "float", col("i"))],
  cos: [call("cos", "float", col("i"))],
  least: [call("least", "float", col("f"), col("g"), col("h"))],
  greatest: [call("greatest", "float", col("f"), col("g"), col("h"))],
  toFloat: [call("toFloat", "float", col("i"))],
  equal: [
    call("equal", "bool", col("i"), col("f")),
    call("equal", "bool", col("s"), col("u")),
    call("equal", "bool", col("x"), col("y")),
    call("equal", "bool", col("b"), col("c")),
  ],
  less: [call("less", "bool", col("f"), col("g")), call("less", "bool", col("s"), col("u"))],
  lessOrEqual: [
    call("lessOrEqual", "bool", col("t"), col("v")),
    call("lessOrEqual", "bool", col("s"), col("u")),
  ],
  and: [call("and", "bool", col("b"), col("c"), col("d"))],
  or: [call("or", "bool", col("b"), col("c"), col("d"))],
  not: [call("not", "bool", col("b"))],
  isNull: [call("isNull", "bool", col("s"))],
  coalesce: [
    call("coalesce", "float", col("f"), col("g")),
    call("coalesce", "string", col("s"), literal("string", "a\0'b")),
  ],
  if: [call("if", "float", col("b"), col("f"), col("g"))],
  in: [
    call("in", "bool", col("s"), literal("string", "a"), literal("string", "😀")),
    call("in", "bool", col("i"), literal("int", 1), col("f")),
    call("in", "bool", col("x"), literal("bigint", "9223372036854775807"), literal("bigint", "-1")),
  ],
  concat: [call("concat", "string", col("s"), literal("string", "·"), col("u"))],
  length: [call("length", "int", col("s"))],
  contains: [call("contains", "bool", col("s"), col("u"))],
  startsWith: [call("startsWith", "bool", col("s"), col("u"))],
  timeAdd: [call("timeAdd", "timestamp", col("t"), col("l"))],
  timeBetween: [call("timeBetween", "duration", col("t"), col("v"))],
  durationOf: [call("durationOf", "duration", col("f"), literal("int", 60_000_000))],
  durationIn: [call("durationIn", "float", col("l"), literal("int", 3_600_000_000))],
  calendar: ["UTC", "America/Chicago", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"].flatMap(
    (zone) =>
      calendarParts.map((part) =>
        call("calendar", "int", literal("string", part), col("t"), literal("string", zone)),
      ),
  ),
  // Lists exist only behind slots; see the tests of filling.
  item: [],
  size: [],
};

/** Library functions that two mathematical libraries may round differently in the last place. */
const rounded = new Set<FunctionName>(["ln", "exp", "power", "sin", "cos"]);

describe("DuckDB computes what the core does:", () => {
  for (const fn of Object.keys(functionSql) as FunctionName[]) {
    if (cases[fn].length === 0) continue;
    test(`${fn}`, async () => {
      await fc.assert(
        fc.asyncProperty(rowsOf, async (rows) => {
          const wrong: string[] = [];
          const found = await inDuckdb(rows, cases[fn]);
          for (const [c, node] of cases[fn].entries()) {
            const read = inCore(node);
            for (const [r, row] of rows.entries()) {
              const miss = difference(found[r]?.[c] ?? null, read(row), !rounded.has(fn));
              if (miss) wrong.push(`${JSON.stringify(node)} of ${String(row["t"])}: ${miss}`);
            }
          }
          expect(wrong).toEqual([]);
        }),
        { numRuns: 25 },
      );
    });
  }

  test("expressions inside expressions, without growing beyond measure", async () => {
    const tree = fc.letrec<{ n: ExprNode; b: ExprNode }>((tie) => ({
      n: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom<ExprNode>(col("f"), col("g"), col("i"), literal("int", 0), literal("float", -1.5)),
        fc
          .tuple(
            fc.constantFrom<FunctionName>("add", "subtract", "multiply", "divide", "modulo", "least"),
            tie("n"),
            tie("n"),
          )
          .map(([fn, a, b]) => call(fn, "float", a, b)),
        fc
          .tuple(fc.constantFrom<FunctionName>("abs", "floor", "sqrt", "negate"), tie("n"))
          .map(([fn, a]) => call(fn, "float", a)),
        fc.tuple(tie("b"), tie("n"), tie("n")).map(([c, a, b]) => call("if", "float", c, a, b)),
        fc.tuple(tie("n"), tie("n")).map(([a, b]) => call("coalesce", "float", a, b)),
      ),
      b: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<ExprNode>(col("b"), col("c")),
        fc.tuple(tie("n"), tie("n")).map(([a, b]) => call("less", "bool", a, b)),
        fc.tuple(tie("b"), tie("b")).map(([a, b]) => call("and", "bool", a, b)),
        tie("n").map((a) => call("isNull", "bool", a)),
      ),
    })).n;
    await fc.assert(
      fc.asyncProperty(rowsOf, fc.array(tree, { minLength: 1, maxLength: 4 }), async (rows, nodes) => {
        const wrong: string[] = [];
        const found = await inDuckdb(rows, nodes);
        for (const [c, node] of nodes.entries()) {
          for (const [r, row] of rows.entries()) {
            const miss = difference(found[r]?.[c] ?? null, inCore(node)(row), true);
            if (miss) wrong.push(`${JSON.stringify(node)}: ${miss}`);
          }
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
