export * from "./aggregate.ts";
export { aggregates } from "./aggregates.ts";
