export { majority } from "./baselines/majority.ts";
export { noChange, type NoChangeParams } from "./baselines/no-change.ts";
export { seasonal, type SeasonalParams } from "./baselines/seasonal.ts";
export { boostingParams, type BoostingParams } from "./boosting/boosting-params.ts";
export { gradientBoosting } from "./boosting/gradient-boosting.ts";
export { estimators } from "./estimators.ts";
export { isolationForest, type IsolationForestParams } from "./isolation-forest/isolation-forest.ts";
export { findLightgbm, lightgbmVariable } from "./lightgbm/lightgbm-library.ts";
export { lightgbm, type LightgbmParams } from "./lightgbm/lightgbm.ts";
export {
  FtrlLearner,
  ftrlReserved,
  type FtrlOptions,
  type FtrlState,
  type SparseRow,
} from "./linear/ftrl-learner.ts";
export { ftrl, type FtrlTrainingParams } from "./linear/ftrl.ts";
export { hashedRow } from "./linear/hashed-row.ts";
export { LinearModel, type LinearParts } from "./linear/linear-model.ts";
export { linear, type LinearTrainingParams } from "./linear/linear.ts";
export { loadModel } from "./load-model.ts";
export type { ModelFields } from "./model/document-fields.ts";
export { TreeBuilder, newLeaf, treeNodes, type TreeNode } from "./trees/tree-builder.ts";
export { TreesModel } from "./trees/trees-model.ts";
