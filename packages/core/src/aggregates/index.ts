export * from "./aggregate.ts";
export { aggregates } from "./aggregates.ts";
export { sketchSize } from "./approx-distinct-count.ts";
export { hashRange, valueHash, valueText } from "./value-hash.ts";
