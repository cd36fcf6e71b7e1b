export * from "./present.ts";
