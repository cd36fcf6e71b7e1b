import { PawlError } from "../../errors.ts";

/** Refuses arrays of unlike length, empty input or unusable weights; gives the total weight. */
export function totalWeight(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): number {
  const rows = labels.length;
  if (predictions.length !== rows || (weights !== undefined && weights.length !== rows)) {
    throw new PawlError("invalid_input", "A metric needs one prediction and one weight per label.", {
      found: `${rows} labels, ${predictions.length} predictions, ${weights?.length ?? rows} weights`,
    });
  }
  let total = 0;
  for (let i = 0; i < rows; i++) total += weights === undefined ? 1 : (weights[i] ?? Number.NaN);
  if (!(total > 0 && total < Infinity)) {
    throw new PawlError("insufficient_data", "A metric needs rows with a positive total weight.", {
      found: `a total weight of ${total} over ${rows} rows`,
    });
  }
  return total;
}
