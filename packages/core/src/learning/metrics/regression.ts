import { PawlError } from "../../errors.ts";
import { totalWeight } from "./metric-input.ts";

type Numbers = ArrayLike<number>;

/** Root mean squared error, √mean((ŷ − y)²), in the label's units. */
export function rmse(labels: Numbers, predictions: Numbers, weights?: Numbers): number {
  const total = totalWeight(labels, predictions, weights);
  return Math.sqrt(squares(labels, predictions, weights) / total);
}

/** Mean absolute error, mean(|ŷ − y|), in the label's units. */
export function mae(labels: Numbers, predictions: Numbers, weights?: Numbers): number {
  const total = totalWeight(labels, predictions, weights);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    sum += (weights?.[i] ?? 1) * Math.abs((predictions[i] ?? 0) - (labels[i] ?? 0));
  }
  return sum / total;
}

/**
 * Coefficient of determination, 1 − Σ(ŷ − y)² / Σ(ȳ − y)². Throws `insufficient_data` when every
 * label is the same, where it is undefined.
 */
export function r2(labels: Numbers, predictions: Numbers, weights?: Numbers): number {
  const total = totalWeight(labels, predictions, weights);
  let mean = 0;
  for (let i = 0; i < labels.length; i++) mean += ((weights?.[i] ?? 1) * (labels[i] ?? 0)) / total;
  const spread = squares(labels, new Float64Array(labels.length).fill(mean), weights);
  if (spread === 0) {
    throw new PawlError("insufficient_data", "R² is undefined: every label is the same.", {
      found: `labels all ${mean}`,
    });
  }
  return 1 - squares(labels, predictions, weights) / spread;
}

function squares(labels: Numbers, predictions: Numbers, weights: Numbers | undefined): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const error = (predictions[i] ?? 0) - (labels[i] ?? 0);
    sum += (weights?.[i] ?? 1) * error * error;
  }
  return sum;
}
