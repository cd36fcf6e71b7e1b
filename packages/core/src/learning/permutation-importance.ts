import { PawlError } from "../errors.ts";
import type { Frame, FrameColumn } from "./frame.ts";
import { permutation, seededRandom } from "./seeded-random.ts";
import { studentT95 } from "./student-t.ts";

/** How much worse the metric gets when one column is shuffled. */
export interface PermutationImportance {
  readonly column: string;
  /** Mean worsening over the repeats, in the metric's units; negative means shuffling helped. */
  readonly mean: number;
  /** Standard deviation over the repeats. */
  readonly deviation: number;
  /** Two-sided 95 % interval of the mean: mean ± t(repeats − 1) · deviation / √repeats. */
  readonly low: number;
  readonly high: number;
}

export interface PermutationImportanceOptions {
  /** From predictions (rows × outputs) to one number. */
  readonly score: (predictions: Float64Array) => number;
  /** Whether a larger score is better. */
  readonly higherIsBetter: boolean;
  /** Shuffles per column, at least 2. */
  readonly repeats: number;
  readonly seed: number;
}

/**
 * Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019): shuffle one column of a
 * frame the model has not seen, predict again, and note how much the score worsens. The interval
 * speaks of the shuffles only, not of the sample. Correlated columns share their importance.
 */
export function permutationImportance(
  model: { predict(frame: Frame): Float64Array },
  frame: Frame,
  options: PermutationImportanceOptions,
): readonly PermutationImportance[] {
  const { score, higherIsBetter, repeats, seed } = options;
  if (!Number.isInteger(repeats) || repeats < 2) {
    throw new PawlError("invalid_input", "Permutation importance needs at least 2 repeats.", {
      found: String(repeats),
    });
  }
  const sign = higherIsBetter ? 1 : -1;
  const whole = score(model.predict(frame));
  return frame.columns.map((column, c) => {
    const drops = Array.from({ length: repeats }, (_, repeat) => {
      const order = permutation(frame.rows, seededRandom(seed, c * repeats + repeat));
      const columns = frame.columns.map((other, i) => (i === c ? shuffled(other, order) : other));
      return sign * (whole - score(model.predict({ rows: frame.rows, columns })));
    });
    const mean = drops.reduce((sum, drop) => sum + drop, 0) / repeats;
    const variance = drops.reduce((sum, drop) => sum + (drop - mean) ** 2, 0) / (repeats - 1);
    const half = (studentT95(repeats - 1) * Math.sqrt(variance)) / Math.sqrt(repeats);
    return {
      column: column.name,
      mean,
      deviation: Math.sqrt(variance),
      low: mean - half,
      high: mean + half,
    };
  });
}

function shuffled(column: FrameColumn, order: Int32Array): FrameColumn {
  return column.kind === "numeric"
    ? { ...column, values: Float64Array.from(order, (from) => column.values[from] ?? Number.NaN) }
    : { ...column, codes: Int32Array.from(order, (from) => column.codes[from] ?? -1) };
}
