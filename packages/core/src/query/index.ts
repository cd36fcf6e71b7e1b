export { calendarPart } from "./calendar-part.ts";
export * from "./evaluate.ts";
export * from "./functions.ts";
export * from "./outputs.ts";
export * from "./plan.ts";
