import { PawlError } from "../errors.ts";
import { studentT95 } from "../learning/student-t.ts";

/** How much two models differ in loss on the same rows, and how sure that is. */
export interface PairedDifference {
  /** Mean of loss A − loss B: negative means A is better. */
  readonly mean: number;
  /** Two-sided 95 % interval. */
  readonly low: number;
  readonly high: number;
  /** The smallest difference this many clusters would have shown four times in five: 2.8 standard errors. */
  readonly detectable: number;
  readonly rows: number;
  readonly clusters: number;
  readonly verdict: "better" | "worse" | "no difference" | "too little data";
}

/** Fewer clusters than this say nothing. */
const fewest = 5;

/**
 * Compares two models by the losses of the same rows. Rows of one cluster (a day, a customer) share
 * their luck, so the spread is taken between clusters: with d_c the summed differences of cluster c, the
 * standard error of the mean is √(C/(C−1) · Σ(d_c − n_c·mean)²) / n, and the interval uses Student's t
 * with C − 1 degrees of freedom (cluster-robust variance; Liang & Zeger 1986).
 *
 * `clusters[i]` is any number that names the cluster of row i.
 */
export function pairedDifference(a: Float64Array, b: Float64Array, clusters: Float64Array): PairedDifference {
  if (a.length !== b.length || a.length !== clusters.length) {
    throw new PawlError("invalid_input", "Models can be compared only on the same rows.", {
      found: `${a.length}, ${b.length} and ${clusters.length} rows`,
      expected: "three arrays of one length",
    });
  }
  const sums = new Map<number, { rows: number; difference: number }>();
  let total = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    const name = clusters[i] ?? 0;
    const cluster = sums.get(name);
    if (cluster) {
      cluster.rows++;
      cluster.difference += difference;
    } else sums.set(name, { rows: 1, difference });
    total += difference;
  }
  const rows = a.length;
  const count = sums.size;
  const mean = rows === 0 ? 0 : total / rows;
  if (count < fewest) {
    const unknown = {
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
      detectable: Number.POSITIVE_INFINITY,
    };
    return { mean, ...unknown, rows, clusters: count, verdict: "too little data" };
  }
  let spread = 0;
  for (const cluster of sums.values()) spread += (cluster.difference - cluster.rows * mean) ** 2;
  const error = Math.sqrt((count / (count - 1)) * spread) / rows;
  const half = studentT95(count - 1) * error;
  const [low, high] = [mean - half, mean + half];
  const verdict = high < 0 ? "better" : low > 0 ? "worse" : "no difference";
  return { mean, low, high, detectable: 2.8 * error, rows, clusters: count, verdict };
}
