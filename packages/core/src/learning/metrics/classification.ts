import { PawlError } from "../../errors.ts";
import { totalWeight } from "./metric-input.ts";

type Numbers = ArrayLike<number>;

/** Probabilities are kept this far from 0 and 1 before a logarithm is taken. */
const edge = 1e-15;
const safeLog = (p: number): number => Math.log(Math.min(Math.max(p, edge), 1 - edge));

/**
 * Binary log loss in nats: −mean(y·ln p + (1 − y)·ln(1 − p)), p clipped to [1e-15, 1 − 1e-15].
 */
export function logLoss(labels: Numbers, probabilities: Numbers, weights?: Numbers): number {
  const total = totalWeight(labels, probabilities, weights);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i] ?? 0;
    sum -= (weights?.[i] ?? 1) * safeLog(labels[i] === 1 ? p : 1 - p);
  }
  return sum / total;
}

/** Multiclass log loss in nats: −mean(ln p[true class]); `probabilities` is rows × classes. */
export function multiclassLogLoss(
  labels: Numbers,
  probabilities: Numbers,
  classes: number,
  weights?: Numbers,
): number {
  checkShape(labels, probabilities, classes);
  const total = totalWeight(labels, labels, weights);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    sum -= (weights?.[i] ?? 1) * safeLog(probabilities[i * classes + (labels[i] ?? 0)] ?? 0);
  }
  return sum / total;
}

/** Brier score: mean((p − y)²) for labels 0/1 (Brier 1950, halved form). */
export function brier(labels: Numbers, probabilities: Numbers, weights?: Numbers): number {
  const total = totalWeight(labels, probabilities, weights);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const error = (probabilities[i] ?? 0) - (labels[i] ?? 0);
    sum += (weights?.[i] ?? 1) * error * error;
  }
  return sum / total;
}

/** Share of rows whose predicted class equals the label. */
export function accuracy(labels: Numbers, predicted: Numbers, weights?: Numbers): number {
  const total = totalWeight(labels, predicted, weights);
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predicted[i]) right += weights?.[i] ?? 1;
  return right / total;
}

/**
 * Predictions as class indices: p ≥ `threshold` with one output, else the first largest of the
 * row's `outputs` probabilities.
 */
export function toClasses(predictions: Numbers, outputs: number, threshold = 0.5): Int32Array {
  const rows = predictions.length / outputs;
  const classes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const at = row * outputs;
    if (outputs === 1) {
      classes[row] = (predictions[at] ?? 0) >= threshold ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let o = 1; o < outputs; o++) {
      if ((predictions[at + o] ?? 0) > (predictions[at + best] ?? 0)) best = o;
    }
    classes[row] = best;
  }
  return classes;
}

/** Confusion matrix, classes × classes: `[true · classes + predicted]` holds the weight of such rows. */
export function confusion(
  labels: Numbers,
  predicted: Numbers,
  classes: number,
  weights?: Numbers,
): Float64Array {
  totalWeight(labels, predicted, weights);
  const matrix = new Float64Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    const at = (labels[i] ?? 0) * classes + (predicted[i] ?? 0);
    matrix[at] = (matrix[at] ?? 0) + (weights?.[i] ?? 1);
  }
  return matrix;
}

/**
 * Expected calibration error with `bins` bins of equal width (Naeini et al. 2015):
 * Σ_b (w_b / W) · |mean label_b − mean probability_b|. Labels 0/1.
 */
export function calibrationError(
  labels: Numbers,
  probabilities: Numbers,
  bins = 10,
  weights?: Numbers,
): number {
  const total = totalWeight(labels, probabilities, weights);
  const gap = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i] ?? 0;
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(p * bins)));
    gap[bin] = (gap[bin] ?? 0) + (weights?.[i] ?? 1) * ((labels[i] ?? 0) - p);
  }
  let sum = 0;
  for (const difference of gap) sum += Math.abs(difference);
  return sum / total;
}

function checkShape(labels: Numbers, probabilities: Numbers, classes: number): void {
  if (probabilities.length === labels.length * classes) return;
  throw new PawlError("invalid_input", "Probabilities must be rows × classes.", {
    found: `${probabilities.length} probabilities for ${labels.length} rows`,
    expected: `${labels.length * classes}`,
  });
}
