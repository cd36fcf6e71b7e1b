import type { CategoricalColumn, NumericColumn } from "@pawl/core";

/** Bin 0 of every column is the missing value; the others count from 1. */
export const missingBin = 0;

/** Bin b ≥ 1 holds the float32 values in (uppers[b − 2], uppers[b − 1]]; the last one is open above. */
export interface NumericBins {
  readonly kind: "numeric";
  readonly uppers: Float32Array;
}

/** Bin b ≥ 1 is `categories[b − 1]`. `binOf` maps the training frame's codes; 0 for those not kept. */
export interface CategoricalBins {
  readonly kind: "categorical";
  readonly categories: readonly string[];
  readonly binOf: Uint8Array;
}

export type ColumnBins = NumericBins | CategoricalBins;

/** Rows looked at when cutting a numeric column; more change the cuts very little. */
const sampleRows = 200_000;

/**
 * A float32 t with lo ≤ t < hi: the midpoint, or lo where no float32 lies between. Any row value
 * rounded to float32 then falls on the same side for us and for a float32 runtime.
 */
export function thresholdBetween(lo: number, hi: number): number {
  const middle = Math.fround(lo / 2 + hi / 2);
  return middle > lo && middle < hi && Number.isFinite(middle) ? middle : lo;
}

/**
 * Cuts a numeric column into at most `maxBins` bins: one per distinct value when there are few,
 * else of about equal weight, where a value heavier than a fair share closes its bin and shares it with
 * less than half a share of smaller ones.
 * Above 200,000 rows an even sample decides.
 */
export function numericBins(
  column: NumericColumn,
  weights: Float64Array | undefined,
  maxBins: number,
): NumericBins {
  const { values } = column;
  const step = Math.max(1, Math.ceil(values.length / sampleRows));
  const sample = new Float32Array(Math.ceil(values.length / step));
  let present = 0;
  for (let row = 0; row < values.length; row += step) {
    const value = values[row] as number;
    if (value === value) sample[present++] = value;
  }
  const sorted = sample.subarray(0, present).sort();
  const distinct = new Float32Array(present);
  const mass = new Float64Array(present);
  let count = 0;
  for (let i = 0; i < present; i++) {
    const value = sorted[i] as number;
    if (count === 0 || value !== distinct[count - 1]) distinct[count++] = value;
    mass[count - 1] = (mass[count - 1] as number) + 1;
  }
  if (weights !== undefined) weigh(values, weights, step, distinct.subarray(0, count), mass.fill(0));
  const uppers =
    count <= maxBins
      ? Float32Array.from({ length: Math.max(0, count - 1) }, (_, i) =>
          thresholdBetween(distinct[i] as number, distinct[i + 1] as number),
        )
      : equalMassCuts(distinct.subarray(0, count), mass.subarray(0, count), maxBins);
  return { kind: "numeric", uppers };
}

function weigh(
  values: Float64Array,
  weights: Float64Array,
  step: number,
  distinct: Float32Array,
  mass: Float64Array,
): void {
  for (let row = 0; row < values.length; row += step) {
    const value = Math.fround(values[row] as number);
    if (value !== value) continue;
    const at = firstAtLeast(distinct, value);
    mass[at] = (mass[at] as number) + (weights[row] as number);
  }
}

/** Greedy cuts: a bin closes when it holds its share of what is left, or before a heavy value. */
function equalMassCuts(distinct: Float32Array, mass: Float64Array, maxBins: number): Float32Array {
  let light = 0;
  for (const one of mass) light += one;
  const fair = light / maxBins;
  let lightBins = maxBins;
  for (const one of mass) {
    if (one < fair) continue;
    lightBins--;
    light -= one;
  }
  let share = light / Math.max(1, lightBins);
  const uppers: number[] = [];
  let filled = 0;
  for (let i = 0; i + 1 < distinct.length && uppers.length < maxBins - 1; i++) {
    const here = mass[i] as number;
    const heavy = here >= fair;
    filled += here;
    if (!heavy) light -= here;
    const beforeHeavy = (mass[i + 1] as number) >= fair && filled >= share / 2;
    if (!heavy && filled < share && !beforeHeavy) continue;
    uppers.push(thresholdBetween(distinct[i] as number, distinct[i + 1] as number));
    filled = 0;
    if (heavy) continue;
    lightBins--;
    share = light / Math.max(1, lightBins);
  }
  return Float32Array.from(uppers);
}

/** The first index whose value is at least `value`; the length when there is none. */
function firstAtLeast(sorted: Float32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The bin of a value; `NaN` is missing. */
export function binOfValue(bins: NumericBins, value: number): number {
  return value === value ? 1 + firstAtLeast(bins.uppers, Math.fround(value)) : missingBin;
}

/**
 * Keeps the categories seen in training, the `maxBins` most frequent of them (ties: listed first),
 * in the frame's order. The rest is missing to the model. `fixed` are the categories of a model that
 * is continued.
 */
export function categoricalBins(
  column: CategoricalColumn,
  maxBins: number,
  fixed: readonly string[] | undefined,
): CategoricalBins {
  const counts = new Float64Array(column.categories.length);
  for (const code of column.codes) if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
  const seen = column.categories.map((_, code) => code).filter((code) => (counts[code] ?? 0) > 0);
  const frequent = seen.toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b).slice(0, maxBins);
  const categories = fixed ?? frequent.toSorted((a, b) => a - b).map((code) => column.categories[code] ?? "");
  const binOfName = new Map(categories.map((name, i) => [name, i + 1]));
  const binOf = Uint8Array.from(column.categories, (name) => binOfName.get(name) ?? missingBin);
  return { kind: "categorical", categories, binOf };
}

/** Bins of a column, the missing one included. */
export function binCount(bins: ColumnBins): number {
  return bins.kind === "numeric" ? bins.uppers.length + 2 : bins.categories.length + 1;
}
