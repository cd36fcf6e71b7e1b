export * from "./errors.ts";
export * from "./progress.ts";
export * from "./exam/index.ts";
export * from "./learning/index.ts";
export * from "./aggregates/index.ts";
export * from "./definitions/index.ts";
export * from "./query/index.ts";
export * from "./time/index.ts";
