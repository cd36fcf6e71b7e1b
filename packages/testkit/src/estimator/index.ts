export * from "./check-estimator.ts";
export type { EstimatorCheck, EstimatorCheckOptions, OnnxRunner } from "./estimator-check.ts";
export { onnxTolerance } from "./onnx-checks.ts";
export * from "./synthetic-binary.ts";
export * from "./synthetic-table.ts";
