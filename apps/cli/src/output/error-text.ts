import type { PawlError } from "@pawl/core";
import type { Painter } from "./painter.ts";

/** An error as a person reads it: what is wrong, what was found, what was expected, what to do. */
export function errorText(error: PawlError, paint: Painter): string {
  const lines = [`${paint.bad("✗")} ${paint.bold(error.message)}`];
  const add = (label: string, text: string | undefined): void => {
    if (text === undefined || text === "") return;
    const [first = "", ...rest] = text.split("\n");
    lines.push(
      `  ${paint.dim(label.padEnd(9))} ${first}`,
      ...rest.map((line) => `  ${" ".repeat(10)}${line}`),
    );
  };
  add("found", error.found);
  add("expected", error.expected);
  add("next", error.next);
  return lines.join("\n");
}
