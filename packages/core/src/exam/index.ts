export * from "./paired-difference.ts";
