import { seededRandom, type Frame } from "@pawl/core";

/** A binary problem whose true probabilities are known. */
export interface SyntheticBinary {
  readonly frame: Frame;
  readonly target: Float64Array;
  /** P(label = 1) of each row: what the best possible model would say. */
  readonly probability: Float64Array;
}

/**
 * Thirty numeric columns (float32 values), of which ten matter: a linear part, two interactions, a
 * wave and a step. A function of its arguments; the first rows do not change with `rows`.
 */
export function syntheticBinary(rows: number, seed: number): SyntheticBinary {
  const columns = 30;
  const random = seededRandom(seed, 30);
  const slopes = Float64Array.from({ length: 10 }, () => 0.35 * random.normal());
  const values = Array.from({ length: columns }, () => new Float64Array(rows));
  const target = new Float64Array(rows);
  const probability = new Float64Array(rows);
  const x = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++) {
      x[c] = Math.fround(random.normal());
      (values[c] as Float64Array)[row] = x[c] as number;
    }
    const at = (c: number): number => x[c] as number;
    let margin = at(0) * at(1) + 0.8 * at(2) * at(3) + 1.2 * Math.sin(2 * at(4)) + (at(5) > 0.5 ? 1 : -0.5);
    for (let c = 0; c < slopes.length; c++) margin += (slopes[c] as number) * at(c);
    const p = 1 / (1 + Math.exp(-margin));
    probability[row] = p;
    target[row] = random.next() < p ? 1 : 0;
  }
  return {
    frame: {
      rows,
      columns: values.map((column, c) => ({ name: `x${c}`, kind: "numeric" as const, values: column })),
    },
    target,
    probability,
  };
}

/**
 * The expected AUC of the best possible model: over all pairs of rows, the chance that one is positive
 * and the other negative in the right order, over the chance that they differ. O(n log n).
 */
export function bayesAuc(probability: Float64Array): number {
  const sorted = Float64Array.from(probability).sort();
  let negativesBelow = 0;
  let right = 0;
  let positives = 0;
  let negatives = 0;
  let same = 0;
  for (const p of sorted) {
    right += p * negativesBelow;
    negativesBelow += 1 - p;
    positives += p;
    negatives += 1 - p;
    same += p * (1 - p);
  }
  return right / (positives * negatives - same);
}
