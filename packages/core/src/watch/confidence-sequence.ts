import { PawlError } from "../errors.ts";

/**
 * An interval for the mean of a bounded stream that may be looked at after every value: with probability
 * 1 − alpha it contains the mean at **all** times at once. A fixed-sample interval looked at repeatedly
 * does not: it is wrong sooner or later in every fourth stream.
 *
 * Predictable plug-in empirical Bernstein (Waudby-Smith & Ramdas, JRSS-B 2024, theorem 2): with values scaled
 * to [0, 1], μ̂ and σ̂² the running mean and variance (each with half a pseudo-count),
 *   λ_t = min(½, √(2 ln(2/α) / (σ̂²_{t−1} · t · ln(1 + t)))),  v_t = 4 (x_t − μ̂_{t−1})²,
 *   ψ(λ) = (−ln(1 − λ) − λ) / 4,
 * the interval is Σλx/Σλ ± (ln(2/α) + Σ v ψ(λ)) / Σλ, intersected over time. The mean may drift: it then
 * covers the λ-weighted running mean. Values outside the bounds are clipped and counted.
 */
export interface ConfidenceSequence {
  readonly low: number;
  readonly high: number;
  readonly alpha: number;
  values: number;
  clipped: number;
  /** The interval so far, in the stream's own unit. */
  lower: number;
  upper: number;
  readonly state: { mean: number; variance: number; weight: number; weighted: number; penalty: number };
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export function confidenceSequence({ low, high }: Bounds, alpha = 0.05): ConfidenceSequence {
  if (!(high > low) || !(alpha > 0 && alpha < 1)) {
    throw new PawlError("invalid_input", "A confidence sequence needs bounds and an error rate.", {
      found: `bounds ${low} to ${high}, alpha ${alpha}`,
      expected: "low < high and 0 < alpha < 1",
    });
  }
  const state = { mean: 0.5, variance: 0.25, weight: 0, weighted: 0, penalty: 0 };
  return { low, high, alpha, values: 0, clipped: 0, lower: low, upper: high, state };
}

/** Takes in one value and narrows the interval. */
export function observe(sequence: ConfidenceSequence, value: number): void {
  const { low, high, alpha, state } = sequence;
  const scaled = (value - low) / (high - low);
  const x = Math.min(1, Math.max(0, scaled));
  if (x !== scaled) sequence.clipped++;
  const t = ++sequence.values;
  const bet = Math.min(0.5, Math.sqrt((2 * Math.log(2 / alpha)) / (state.variance * t * Math.log(1 + t))));
  state.weight += bet;
  state.weighted += bet * x;
  state.penalty += (x - state.mean) ** 2 * (-Math.log(1 - bet) - bet);
  const before = state.mean;
  state.mean += (x - before) / (t + 1);
  state.variance += ((x - before) * (x - state.mean) - state.variance) / (t + 1);
  const centre = state.weighted / state.weight;
  const half = (Math.log(2 / alpha) + state.penalty) / state.weight;
  sequence.lower = Math.max(sequence.lower, low + (centre - half) * (high - low));
  sequence.upper = Math.min(sequence.upper, low + (centre + half) * (high - low));
}
