export * from "./generators/index.ts";
export * from "./oracle/index.ts";
export * from "./estimator/index.ts";
