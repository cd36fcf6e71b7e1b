import { compareScalars } from "../definitions/compare.ts";
import type { FunctionName } from "../definitions/expression-node.ts";
import type { Scalar, Value } from "../definitions/kind.ts";
import { calendarPart } from "./calendar-part.ts";

/** What a function means. Engines translate this; conformance tests compare. */
export interface ScalarFunction {
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  /** Null in any argument is null out, and `apply` is not called. */
  readonly strict: boolean;
  apply(...values: readonly Value[]): Value;
}

/** Every result that is not a finite number is null. */
const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

const strict = (count: number, apply: (...values: never[]) => Value): ScalarFunction => ({
  arity: [count, count],
  strict: true,
  apply: apply as ScalarFunction["apply"],
});

const nullAware = (arity: readonly [number, number], apply: ScalarFunction["apply"]): ScalarFunction => ({
  arity,
  strict: false,
  apply,
});

const ofNumber = (f: (x: number) => number): ScalarFunction => strict(1, (x: number) => finite(f(x)));

const ofNumbers = (f: (a: number, b: number) => number): ScalarFunction =>
  strict(2, (a: number, b: number) => finite(f(a, b)));

const any = [1, Number.POSITIVE_INFINITY] as const;

/** The best of those that are not null. */
const pick = (better: (order: number) => boolean): ScalarFunction =>
  nullAware(any, (...values) => {
    let best: Value = null;
    for (const value of values) {
      if (value === null) continue;
      if (best === null || better(compareScalars(value as Scalar, best as Scalar))) best = value;
    }
    return best;
  });

/** Remainder with the sign of the divisor, from the exact remainder of C's fmod. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function roundHalfAway(x: number): number {
  const size = Math.round(Math.abs(x));
  return x < 0 ? -size : size;
}

/** Code points, not UTF-16 units. */
function textLength(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/**
 * Every scalar function. Numbers of every kind (int, float, timestamp, duration) are IEEE doubles and
 * calculated with as such. Logic is three-valued.
 */
export const functions: { readonly [F in FunctionName]: ScalarFunction } = {
  add: ofNumbers((a, b) => a + b),
  subtract: ofNumbers((a, b) => a - b),
  multiply: ofNumbers((a, b) => a * b),
  divide: ofNumbers((a, b) => a / b),
  modulo: ofNumbers(modulo),
  negate: ofNumber((x) => -x),
  abs: ofNumber(Math.abs),
  floor: ofNumber(Math.floor),
  ceil: ofNumber(Math.ceil),
  round: ofNumber(roundHalfAway),
  sqrt: ofNumber(Math.sqrt),
  ln: ofNumber(Math.log),
  exp: ofNumber(Math.exp),
  power: ofNumbers((a, b) => a ** b),
  sin: ofNumber(Math.sin),
  cos: ofNumber(Math.cos),
  least: pick((order) => order < 0),
  greatest: pick((order) => order > 0),
  toFloat: ofNumber((x) => x),
  equal: strict(2, (a: Scalar, b: Scalar) => a === b),
  less: strict(2, (a: Scalar, b: Scalar) => compareScalars(a, b) < 0),
  lessOrEqual: strict(2, (a: Scalar, b: Scalar) => compareScalars(a, b) <= 0),
  and: nullAware(any, (...values) => (values.includes(false) ? false : values.includes(null) ? null : true)),
  or: nullAware(any, (...values) => (values.includes(true) ? true : values.includes(null) ? null : false)),
  not: strict(1, (x: boolean) => !x),
  isNull: nullAware([1, 1], (x) => x === null),
  coalesce: nullAware(any, (...values) => values.find((value) => value !== null) ?? null),
  if: nullAware([3, 3], (condition, yes, no) => (condition === true ? yes : no) as Value),
  in: nullAware([2, any[1]], (value, ...members) => {
    if (value === null) return null;
    return members.includes(value as Scalar) ? true : members.includes(null) ? null : false;
  }),
  concat: { ...strict(1, (...texts: string[]) => texts.join("")), arity: any },
  length: strict(1, textLength),
  contains: strict(2, (text: string, part: string) => text.includes(part)),
  startsWith: strict(2, (text: string, part: string) => text.startsWith(part)),
  timeAdd: ofNumbers((at, length) => at + length),
  timeBetween: ofNumbers((earlier, later) => later - earlier),
  durationOf: ofNumbers((amount, unit) => Math.floor(amount * unit + 0.5)),
  durationIn: ofNumbers((length, unit) => length / unit),
  calendar: strict(3, (part: string, at: number, zone: string) => calendarPart(part, zone)(at)),
  item: strict(2, (list: readonly (Scalar | null)[], position: number) => list[position] ?? null),
  size: strict(1, (list: readonly (Scalar | null)[]) => list.length),
};
