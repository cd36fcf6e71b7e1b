import type { ParamSpecs } from "@pawl/core";

/** Hyper-parameters of gradient boosting. */
export interface BoostingParams {
  readonly rounds: number;
  readonly learningRate: number;
  readonly maxLeaves: number;
  readonly maxDepth: number;
  readonly minRowsInLeaf: number;
  readonly minHessianInLeaf: number;
  readonly l1: number;
  readonly l2: number;
  readonly minGain: number;
  readonly featureShare: number;
  readonly rowShare: number;
  readonly maxBins: number;
  readonly patience: number;
  readonly holdoutShare: number;
  readonly maxOneHot: number;
  readonly maxCategoriesInSplit: number;
  readonly categoryL2: number;
  readonly categorySmoothing: number;
  readonly minRowsInCategory: number;
  readonly monotone: Readonly<Record<string, number>>;
}

const number = (about: string, value: number, min: number, max: number) =>
  ({ type: "number", about, default: value, min, max }) as const;
const integer = (about: string, value: number, min: number, max: number) =>
  ({ type: "integer", about, default: value, min, max }) as const;

export const boostingParams: ParamSpecs<BoostingParams> = {
  rounds: integer("Boosting rounds; one tree each (one per class for multiclass).", 200, 1, 100_000),
  learningRate: number("How much of each tree's step is taken.", 0.1, 1e-6, 1),
  maxLeaves: integer("Leaves per tree; trees grow best leaf first.", 31, 2, 4096),
  maxDepth: integer("Splits from root to leaf at most; 0 means no limit.", 0, 0, 1000),
  minRowsInLeaf: integer("Training rows every leaf keeps.", 20, 1, 1e9),
  minHessianInLeaf: number("Summed second derivative every leaf keeps.", 1e-3, 0, 1e12),
  l1: number("L1 penalty on leaf values.", 0, 0, 1e12),
  l2: number("L2 penalty on leaf values.", 0, 0, 1e12),
  minGain: number("Loss reduction a split must bring.", 0, 0, 1e12),
  featureShare: number("Share of columns a tree may use.", 1, 1e-6, 1),
  rowShare: number("Share of rows a round is fitted on.", 1, 1e-6, 1),
  maxBins: integer("Bins a numeric column is cut into, missing not counted.", 255, 2, 255),
  patience: integer("Stop after so many rounds without gain on the latest rows; 0 never.", 0, 0, 100_000),
  holdoutShare: number("Share of the latest rows held out for early stopping.", 0.15, 0.01, 0.9),
  maxOneHot: integer("Columns of at most so many categories split one against the rest.", 4, 1, 255),
  maxCategoriesInSplit: integer("Categories on the smaller side of a split at most.", 32, 1, 255),
  categoryL2: number("Further L2 penalty on the leaves of a many-category split.", 10, 0, 1e12),
  categorySmoothing: number("Shrinks the order of small categories towards the middle.", 10, 0, 1e12),
  minRowsInCategory: integer("Rows a category (one against the rest) or a group needs.", 100, 1, 1e9),
  monotone: { type: "signs", about: "Columns the prediction must rise (1) or fall (−1) with.", default: {} },
};
