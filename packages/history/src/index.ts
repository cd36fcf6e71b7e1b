export * from "./dataset/data-report.ts";
export * from "./dataset/dataset-frame.ts";
export * from "./dataset/manifest.ts";
export * from "./explain/explanation.ts";
export * from "./fill/filled.ts";
export * from "./history.ts";
export * from "./source/inspection.ts";
export * from "./spine/spine.ts";
export { openHistory } from "./open-history.ts";
