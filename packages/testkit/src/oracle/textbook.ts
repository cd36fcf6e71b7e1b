import {
  type AggregateNode,
  type Scalar,
  compareNullable,
  compareScalars,
  hashRange,
  sketchSize,
  type Value,
  valueHash,
} from "@pawl/core";
import { fromUnits, toUnits } from "./exact-number.ts";

/** A fact as an aggregate sees it; `value` is null where the argument is. */
export interface SeenFact {
  readonly value: Scalar | null;
  readonly eventTime: number;
  readonly knownTime: number;
}

/** A value, and how far another engine may be off: 0 for all but sums of floats and what is made of them. */
export interface Answer {
  readonly value: Value;
  readonly error: number;
}

const exact = (value: Value): Answer => ({ value, error: 0 });

/**
 * Every aggregate by its textbook formula, from all facts at once. Deliberately shares no code with
 * core's aggregates: what the two agree on is right, or wrong twice.
 * `tolerance` is relative to the sum of the magnitudes that go into a floating sum.
 */
export function textbook(
  node: AggregateNode,
  facts: readonly SeenFact[],
  asOf: number,
  tolerance: number,
): Answer {
  const known = facts.filter((fact) => fact.value !== null);
  const values = known.map((fact) => fact.value as Scalar);
  const numbers = values.map(Number);
  const n = numbers.length;
  const inOrder = [...facts].sort(inTime);
  // Core's limits: beyond them a sum, or a sum of squares or weighted values, is not known.
  const greatest = Math.max(...numbers.map(Math.abs));
  const limit = node.fn === "sum" || node.fn === "mean" ? 2 ** 970 : 2 ** 450;
  if (sums.has(node.fn) && greatest > limit) return exact(null);
  const size = numbers.reduce((total, x) => total + Math.abs(x), 0);
  switch (node.fn) {
    case "count":
      return exact(n);
    case "sum":
      if (n === 0) return exact(null);
      return { value: total(numbers), error: node.kind === "int" ? 0 : tolerance * size };
    case "mean":
      return n === 0 ? exact(null) : { value: total(numbers) / n, error: (tolerance * size) / n };
    case "std":
      return n < 2 ? exact(null) : { value: spread(numbers), error: tolerance * size };
    case "min":
      return exact([...values].sort(compareScalars)[0] ?? null);
    case "max":
      return exact([...values].sort(compareScalars).at(-1) ?? null);
    case "first":
      return exact(inOrder[0]?.value ?? null);
    case "last":
      return exact(inOrder.at(-1)?.value ?? null);
    case "lastN": {
      const latest = [...known].sort(inTime).reverse().slice(0, node.params.n);
      return exact(n === 0 ? null : latest.map((fact) => fact.value));
    }
    case "distinctCount":
      return exact(new Set(numbersAsOne(values)).size);
    case "approxDistinctCount": {
      const hashes = [...new Set(values.map(valueHash))].sort((a, b) => a - b);
      if (hashes.length <= sketchSize) return exact(hashes.length);
      return exact(Math.floor(((sketchSize - 1) * hashRange) / ((hashes[sketchSize - 1] ?? 0) + 1)));
    }
    case "quantile":
      return exact(n === 0 ? null : atQuantile(numbers, node.params.q ?? Number.NaN));
    case "topK":
      return exact(n === 0 ? null : mostFrequent(values).slice(0, node.params.n));
    case "decayedSum":
    case "decayedCount":
    case "decayedMean":
      return decayed(node, known, asOf, tolerance);
  }
}

const sums: ReadonlySet<string> = new Set(["sum", "mean", "std", "decayedSum", "decayedMean"]);

function inTime(a: SeenFact, b: SeenFact): number {
  return a.eventTime - b.eventTime || a.knownTime - b.knownTime || compareNullable(a.value, b.value);
}

function total(numbers: readonly number[]): number {
  return fromUnits(numbers.reduce((sum, x) => sum + toUnits(x), 0n));
}

/** Two passes, without rounding: Σ(n·x − Σx)² / (n²·(n − 1)) is the variance. */
function spread(numbers: readonly number[]): number {
  const n = BigInt(numbers.length);
  const units = numbers.map(toUnits);
  const sum = units.reduce((a, b) => a + b, 0n);
  const squares = units.reduce((a, x) => a + (n * x - sum) ** 2n, 0n);
  return Math.sqrt(fromUnits(squares, n * n * (n - 1n), 2n));
}

function atQuantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const [lo, hi] = [sorted[Math.floor(position)] as number, sorted[Math.ceil(position)] as number];
  return lo + (hi - lo) * (position - Math.floor(position));
}

function mostFrequent(values: readonly Scalar[]): Scalar[] {
  const counts = new Map<Scalar, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || compareScalars(a, b)).map(([value]) => value);
}

/** −0 and 0 are one value. */
function numbersAsOne(values: readonly Scalar[]): Scalar[] {
  return values.map((value) => (typeof value === "number" ? value + 0 : value));
}

function decayed(node: AggregateNode, facts: readonly SeenFact[], asOf: number, tolerance: number): Answer {
  const halfLife = node.params.halfLife ?? Number.NaN;
  if (facts.length === 0) return exact(node.fn === "decayedCount" ? 0 : null);
  // A mean does not change when all weights are taken as of the newest fact; they then do not vanish.
  const moment = node.fn === "decayedMean" ? Math.max(...facts.map((fact) => fact.eventTime)) : asOf;
  let [weights, values, sizes] = [0, 0, 0];
  for (const { value, eventTime } of facts) {
    const weight = 2 ** (-(moment - eventTime) / halfLife);
    weights += weight;
    values += weight * Number(value);
    sizes += weight * Math.abs(Number(value));
  }
  if (node.fn === "decayedCount") return { value: weights, error: tolerance * weights };
  if (node.fn === "decayedSum") return { value: values, error: tolerance * sizes };
  return { value: values / weights, error: (tolerance * sizes) / weights };
}
