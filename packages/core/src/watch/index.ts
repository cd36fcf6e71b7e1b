export * from "./category-sketch.ts";
export * from "./distance.ts";
export * from "./number-sketch.ts";
