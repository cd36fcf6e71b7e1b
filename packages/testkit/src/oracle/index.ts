export * from "./compare-values.ts";
export * from "./facts.ts";
export * from "./oracle.ts";
