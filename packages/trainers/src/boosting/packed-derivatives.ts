import { PawlError } from "@pawl/core";

/**
 * A row's gradient and hessian as one number: G · 2²⁶ + H, both whole. Sums of such numbers are exact
 * in a double while |ΣG| and ΣH stay under 2²⁶, so a histogram needs one addition a cell instead of
 * two, subtraction gives the sibling exactly, and no order of adding changes a bit.
 *
 * Scales are powers of two with Σ|G| and ΣH under 2²⁶ over all rows. Rounding is stochastic, from the
 * seed (Shi et al., "Quantized Training of Gradient Boosting Decision Trees", 2022, show that far
 * coarser steps lose nothing). Leaf values do not come from here but from the unrounded derivatives.
 */
export interface PackedDerivatives {
  /** By row of the frame. */
  readonly packed: Float64Array;
  /** A gradient of 1 in whole steps is `1 / gradientStep`. */
  readonly gradientStep: number;
  readonly hessianStep: number;
}

/** 2²⁶: where the gradient starts. */
export const gradientUnit = 67108864;

/** The hessian's whole steps in a packed sum. */
export function hessianSteps(packed: number): number {
  return packed - Math.floor(packed / gradientUnit) * gradientUnit;
}

/** Packs the derivatives of `rows` into `into`. */
export function packDerivatives(
  gradient: Float64Array,
  hessian: Float64Array,
  offset: number,
  rows: Int32Array,
  seed: number,
  into: Float64Array,
): PackedDerivatives {
  let gradients = 0;
  let hessians = 0;
  for (let i = 0; i < rows.length; i++) {
    const at = offset + (rows[i] as number);
    gradients += Math.abs(gradient[at] as number);
    hessians += hessian[at] as number;
  }
  const gradientScale = scaleFor(gradients, rows.length);
  const hessianScale = scaleFor(hessians, rows.length);
  let state = seed | 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    // A linear congruential step (Knuth); its high bits dither both roundings.
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const dither = (state >>> 0) / 4294967296;
    const g = Math.floor((gradient[offset + row] as number) * gradientScale + dither);
    const h = Math.floor((hessian[offset + row] as number) * hessianScale + dither);
    into[row] = g * gradientUnit + h;
  }
  return { packed: into, gradientStep: 1 / gradientScale, hessianStep: 1 / hessianScale };
}

function scaleFor(sum: number, rows: number): number {
  const room = gradientUnit - 1 - rows;
  if (room < gradientUnit / 4) {
    throw new PawlError("unsupported", "There are more rows than boosting takes.", {
      found: `${rows} rows`,
      expected: `at most ${(gradientUnit * 3) / 4}`,
      next: "Train on a sample, or on a shorter period.",
    });
  }
  if (!(sum < Infinity)) {
    throw new PawlError("invalid_input", "The labels or weights are too large to be summed.", {
      found: "a sum beyond the range of doubles",
      next: "Scale the label or the weights down.",
    });
  }
  // A sum of 0 (every row is fitted exactly) leaves nothing to scale.
  return sum > 0 ? 2 ** Math.min(1000, Math.floor(Math.log2(room / sum))) : 1;
}
