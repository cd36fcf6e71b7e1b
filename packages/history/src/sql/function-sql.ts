import type { CallNode, FunctionName, Kind } from "@pawl/core";
import { calendarSql } from "./calendar-sql.ts";

/** How DuckDB says a scalar function of the core. */
export interface FunctionSql {
  /** Arguments as SQL, in order. */
  readonly sql: (args: readonly string[], node: CallNode) => string;
  /** Arguments are mentioned more than once, so they should be columns, not whole expressions. */
  readonly repeats?: boolean;
  /**
   * `finite`: always finite or null. `carries`: may be infinite or NaN, and passes such arguments on as such,
   * so that one check at the end of a chain is enough. `may`: may be so, from finite arguments only.
   */
  readonly result: "finite" | "carries" | "may";
}

const operator = (symbol: string, result: FunctionSql["result"]): FunctionSql => ({
  sql: ([a, b]) => `(${a} ${symbol} ${b})`,
  result,
});
const plain = (name: string, result: FunctionSql["result"] = "finite"): FunctionSql => ({
  sql: (args) => `${name}(${args.join(", ")})`,
  result,
});
/** Sine and cosine of IEEE doubles; DuckDB refuses infinities, which never come here. */
const guarded = (name: string, condition: string, result: FunctionSql["result"]): FunctionSql => ({
  sql: ([x]) => `CASE WHEN ${x} ${condition} THEN ${name}(${x}) END`,
  repeats: true,
  result,
});
const joined = (word: string): FunctionSql => ({
  sql: (args) => `(${args.join(` ${word} `)})`,
  result: "finite",
});

/** Meanings are in core/query/functions.ts; a test compares each of these with it over random values. */
export const functionSql: { readonly [F in FunctionName]: FunctionSql } = {
  add: operator("+", "carries"),
  subtract: operator("-", "carries"),
  multiply: operator("*", "carries"),
  divide: operator("/", "may"),
  // fmod has the sign of the dividend; ours has that of the divisor.
  modulo: {
    sql: ([a, b]) =>
      `CASE WHEN ${b} = 0 THEN NULL WHEN ${a} % ${b} <> 0 AND (${a} % ${b} < 0) <> (${b} < 0) THEN ${a} % ${b} + ${b} ELSE ${a} % ${b} END`,
    repeats: true,
    result: "may",
  },
  negate: { sql: ([x]) => `(-${x})`, result: "carries" },
  abs: plain("abs", "carries"),
  floor: plain("floor"),
  ceil: plain("ceil"),
  // Halves away from zero, as C rounds.
  round: plain("round"),
  sqrt: guarded("sqrt", ">= 0", "finite"),
  ln: guarded("ln", "> 0", "finite"),
  exp: plain("exp", "may"),
  power: plain("pow", "may"),
  sin: plain("sin"),
  cos: plain("cos"),
  least: plain("least"),
  greatest: plain("greatest"),
  toFloat: { sql: ([x]) => x ?? "NULL", result: "finite" },
  equal: operator("=", "finite"),
  less: operator("<", "finite"),
  lessOrEqual: operator("<=", "finite"),
  and: joined("AND"),
  or: joined("OR"),
  not: { sql: ([x]) => `(NOT ${x})`, result: "finite" },
  isNull: { sql: ([x]) => `(${x} IS NULL)`, result: "finite" },
  coalesce: plain("coalesce"),
  if: {
    sql: ([condition, yes, no]) => `CASE WHEN ${condition} THEN ${yes} ELSE ${no} END`,
    result: "finite",
  },
  in: { sql: ([value, ...members]) => `(${value} IN (${members.join(", ")}))`, result: "finite" },
  concat: joined("||"),
  // Code points: DuckDB's length() counts those, length_grapheme() does not.
  length: { sql: ([x]) => `length(${x})::DOUBLE`, result: "finite" },
  contains: plain("contains"),
  startsWith: plain("starts_with"),
  timeAdd: operator("+", "carries"),
  timeBetween: { sql: ([earlier, later]) => `(${later} - ${earlier})`, result: "carries" },
  // Multiplied before it is rounded: an infinite product stays so.
  durationOf: { sql: ([amount, unit]) => `floor(${amount} * ${unit} + 0.5)`, result: "carries" },
  durationIn: operator("/", "may"),
  calendar: {
    sql: ([, at], node) => calendarSql(constantText(node, 0), at ?? "NULL", constantText(node, 2)),
    repeats: true,
    result: "finite",
  },
  item: {
    sql: ([list, position]) =>
      `CASE WHEN ${position} >= 0 AND ${position} <= 1e6 AND ${position} = floor(${position}) THEN ${list}[${position}::BIGINT + 1] END`,
    repeats: true,
    result: "finite",
  },
  size: { sql: ([x]) => `len(${x})::DOUBLE`, result: "finite" },
};

/** Text given as a constant: the part and the zone of a calendar. */
export function constantText(node: CallNode, position: number): string {
  const arg = node.args[position];
  return arg?.op === "literal" ? String(arg.value) : "";
}

/** How DuckDB holds a value of a kind once it is read; see source/physical-column.ts. */
export function sqlType(kind: Kind): string {
  if (kind.startsWith("list<")) return `${sqlType(kind.slice(5, -1) as Kind)}[]`;
  if (kind === "string") return "VARCHAR";
  if (kind === "bigint") return "BIGINT";
  return kind === "bool" ? "BOOLEAN" : "DOUBLE";
}
