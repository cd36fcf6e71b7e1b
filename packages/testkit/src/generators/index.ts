export * from "./check-engine.ts";
export * from "./expressions.ts";
export { aggregated, features } from "./features.ts";
export { type World, worlds } from "./world.ts";
