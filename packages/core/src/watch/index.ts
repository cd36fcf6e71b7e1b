export * from "./category-sketch.ts";
export * from "./confidence-sequence.ts";
export * from "./distance.ts";
export * from "./number-sketch.ts";
