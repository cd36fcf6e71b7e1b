import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { boost, boostingName } from "./boost.ts";
import { boostingParams, type BoostingParams } from "./boosting-params.ts";

export const gradientBoostingDefinition: TrainingDefinition<BoostingParams> = {
  name: boostingName,
  about: "Boosted trees: the strong default for tables, with missing values and categories as they are.",
  tasks: ["binary", "multiclass", "regression"],
  params: boostingParams,
  traits: { warmStart: true, weights: true, rowOrderFree: false, monotone: true, onnx: true },
  heavy: true,
  fit: boost,
};

/** Our own histogram gradient boosting. */
export const gradientBoosting = defineEstimator(gradientBoostingDefinition);
