export { boostingParams, type BoostingParams } from "./boosting/boosting-params.ts";
export { gradientBoosting } from "./boosting/gradient-boosting.ts";
export { estimators } from "./estimators.ts";
export { loadModel } from "./load-model.ts";
export { TreeBuilder, newLeaf, treeNodes, type TreeNode } from "./trees/tree-builder.ts";
export { TreesModel } from "./trees/trees-model.ts";
