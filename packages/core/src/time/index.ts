export * from "./civil.ts";
export * from "./duration.ts";
export * from "./instant.ts";
export * from "./window.ts";
export * from "./zone.ts";
