import { type CategorySketch, rankedCategories } from "./category-sketch.ts";
import { type NumberSketch, orderedBuckets, sketchQuantile } from "./number-sketch.ts";

/** How far apart two distributions are. All are 0 for equal ones. */
export interface Distances {
  /** Jensen–Shannon distance, 0 to 1 (base 2, square root taken): a metric. */
  readonly jensenShannon: number;
  /** Population stability index; unbounded, 0.2 is the trade's "large". */
  readonly stabilityIndex: number;
  /** Total variation, 0 to 1: the largest difference in probability of any set of bins. */
  readonly totalVariation: number;
  /** Numbers only: Kolmogorov–Smirnov, the largest gap between the two distribution functions. */
  readonly kolmogorovSmirnov?: number;
  /** Numbers only: Wasserstein-1 in units of the reference's interquartile range (or 1 where that is 0). */
  readonly wasserstein?: number;
  /** Change in the share of missing values, now − before. */
  readonly missingChange: number;
}

interface Bin {
  readonly before: number;
  readonly now: number;
}

/** Numbers: compared on ten bins of the reference (its deciles) for the binned measures, exactly for the rest. */
export function numberDistances(before: NumberSketch, now: NumberSketch): Distances {
  const a = orderedBuckets(before);
  const b = orderedBuckets(now);
  const cuts = Array.from({ length: 9 }, (_, i) => sketchQuantile(before, (i + 1) / 10) ?? 0);
  const bins = binned(a, b, [...new Set(cuts)]);
  return {
    ...binDistances(bins, before.missing, now.missing),
    ...distributionGaps(a, b, interquartile(before)),
  };
}

/** Categories: every category is a bin, those pooled away together one. */
export function categoryDistances(before: CategorySketch, now: CategorySketch): Distances {
  const bins = new Map<string | null, { before: number; now: number }>();
  const bin = (value: string | null): { before: number; now: number } => {
    const found = bins.get(value) ?? { before: 0, now: 0 };
    bins.set(value, found);
    return found;
  };
  for (const { value, count } of rankedCategories(before)) bin(value).before += count;
  for (const { value, count } of rankedCategories(now)) bin(value).now += count;
  return binDistances([...bins.values()], before.missing, now.missing);
}

type Buckets = ReturnType<typeof orderedBuckets>;

function binned(before: Buckets, now: Buckets, cuts: readonly number[]): Bin[] {
  const bins = Array.from({ length: cuts.length + 1 }, () => ({ before: 0, now: 0 }));
  const place = (value: number): number => {
    const at = cuts.findIndex((cut) => value <= cut);
    return at < 0 ? cuts.length : at;
  };
  for (const { value, count } of before) (bins[place(value)] as { before: number }).before += count;
  for (const { value, count } of now) (bins[place(value)] as { now: number }).now += count;
  return bins;
}

/** Half a count per bin is added for the index alone, so that an empty bin does not make it infinite. */
function binDistances(bins: readonly Bin[], missingThen: number, missingNow: number): Distances {
  const total = (side: keyof Bin): number => bins.reduce((sum, bin) => sum + bin[side], 0);
  const [n, m] = [total("before"), total("now")];
  const share = (missing: number, rest: number): number =>
    missing + rest === 0 ? 0 : missing / (missing + rest);
  const missingChange = share(missingNow, m) - share(missingThen, n);
  if (n === 0 || m === 0) return { jensenShannon: 0, stabilityIndex: 0, totalVariation: 0, missingChange };
  let divergence = 0;
  let index = 0;
  let variation = 0;
  for (const bin of bins) {
    const [p, q] = [bin.before / n, bin.now / m];
    const middle = (p + q) / 2;
    if (p > 0) divergence += (p * Math.log2(p / middle)) / 2;
    if (q > 0) divergence += (q * Math.log2(q / middle)) / 2;
    variation += Math.abs(p - q) / 2;
    const smooth = (count: number, of: number): number => (count + 0.5) / (of + 0.5 * bins.length);
    const [s, t] = [smooth(bin.before, n), smooth(bin.now, m)];
    index += (t - s) * Math.log(t / s);
  }
  return {
    jensenShannon: Math.sqrt(Math.max(0, divergence)),
    stabilityIndex: index,
    totalVariation: variation,
    missingChange,
  };
}

function distributionGaps(
  before: Buckets,
  now: Buckets,
  scale: number,
): { kolmogorovSmirnov: number; wasserstein: number } {
  const total = (buckets: Buckets): number => buckets.reduce((sum, { count }) => sum + count, 0);
  const [n, m] = [total(before), total(now)];
  if (n === 0 || m === 0) return { kolmogorovSmirnov: 0, wasserstein: 0 };
  const steps = [
    ...before.map(({ value, count }) => ({ value, step: count / n })),
    ...now.map(({ value, count }) => ({ value, step: -count / m })),
  ].sort((a, b) => a.value - b.value);
  let gap = 0;
  let largest = 0;
  let area = 0;
  for (const [i, { value, step }] of steps.entries()) {
    gap += step;
    const next = steps[i + 1]?.value ?? value;
    if (next === value && i < steps.length - 1) continue;
    largest = Math.max(largest, Math.abs(gap));
    area += Math.abs(gap) * (next - value);
  }
  return { kolmogorovSmirnov: largest, wasserstein: area / (scale > 0 ? scale : 1) };
}

function interquartile(sketch: NumberSketch): number {
  return (sketchQuantile(sketch, 0.75) ?? 0) - (sketchQuantile(sketch, 0.25) ?? 0);
}
