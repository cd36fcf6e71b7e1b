import type { ModelDocument, TrainingInput } from "@pawl/core";
import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { lookupModel, marginsOf, meanLabel } from "./lookup-model.ts";

/** The same prediction for every row: the class shares, or the mean. */
function fitMajority(input: TrainingInput): ModelDocument {
  return lookupModel(input, "majority", {}, marginsOf(input.task, meanLabel(input)));
}

export const majorityDefinition: TrainingDefinition<Record<never, never>> = {
  name: "majority",
  about: "Always the same answer, the share of each class or the mean: what any model must beat.",
  tasks: ["binary", "multiclass", "regression"],
  params: {},
  traits: { warmStart: false, weights: true, rowOrderFree: false, monotone: false, onnx: true },
  heavy: false,
  fit: (input, _params, report) => {
    report({ stage: "counting labels", done: 0, total: 1 });
    const document = fitMajority(input);
    report({ stage: "counting labels", done: 1, total: 1 });
    return document;
  },
};

export const majority = defineEstimator(majorityDefinition);
