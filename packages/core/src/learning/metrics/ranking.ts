import { PawlError } from "../../errors.ts";
import { totalWeight } from "./metric-input.ts";

type Numbers = ArrayLike<number>;

function byScore(labels: Numbers, scores: Numbers): Int32Array {
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0 || labels[i] === 1) continue;
    throw new PawlError("invalid_input", "This metric needs labels 0 and 1.", {
      found: `${labels[i]} in row ${i}`,
    });
  }
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isNaN(scores[i])) continue;
    throw new PawlError("invalid_input", "A score is not a number.", { found: `NaN in row ${i}` });
  }
  const order = Int32Array.from(labels, (_, i) => i);
  return order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
}

/**
 * Area under the ROC curve: the probability that a random positive is scored above a random
 * negative, ties counting one half (Mann–Whitney U / (P · N)). Labels 0/1; any monotone scores.
 * Throws `insufficient_data` when one class is absent.
 */
export function auc(labels: Numbers, scores: Numbers, weights?: Numbers): number {
  totalWeight(labels, scores, weights);
  const order = byScore(labels, scores);
  let positives = 0;
  let negatives = 0;
  let area = 0;
  for (let start = 0; start < order.length; ) {
    let tiePositives = 0;
    let tieNegatives = 0;
    const score = scores[order[start] ?? 0];
    for (; start < order.length && scores[order[start] ?? 0] === score; start++) {
      const row = order[start] ?? 0;
      const weight = weights?.[row] ?? 1;
      if (labels[row] === 1) tiePositives += weight;
      else tieNegatives += weight;
    }
    area += tieNegatives * (positives + tiePositives / 2);
    positives += tiePositives;
    negatives += tieNegatives;
  }
  if (positives === 0 || negatives === 0) throw oneClass();
  return area / (positives * negatives);
}

/**
 * Area under the precision–recall curve as average precision, Σ (R_k − R_{k−1}) · P_k over the
 * distinct scores from high to low. Labels 0/1. Throws `insufficient_data` without a positive.
 */
export function prAuc(labels: Numbers, scores: Numbers, weights?: Numbers): number {
  totalWeight(labels, scores, weights);
  const order = byScore(labels, scores);
  let positives = 0;
  let seen = 0;
  let sum = 0;
  for (let start = 0; start < order.length; ) {
    let gained = 0;
    const score = scores[order[start] ?? 0];
    for (; start < order.length && scores[order[start] ?? 0] === score; start++) {
      const row = order[start] ?? 0;
      const weight = weights?.[row] ?? 1;
      seen += weight;
      if (labels[row] === 1) gained += weight;
    }
    positives += gained;
    if (seen > 0) sum += gained * (positives / seen);
  }
  if (positives === 0) throw oneClass();
  return sum / positives;
}

function oneClass(): PawlError {
  return new PawlError("insufficient_data", "The area under the curve needs both classes.", {
    found: "labels of one class",
    expected: "at least one positive and one negative",
  });
}
