import colors from "picocolors";

/** The few ways text stands out. Each leaves text as it is where there is no colour. */
export interface Painter {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

/** Whether a stream gets colour: a terminal, unless NO_COLOR says no or FORCE_COLOR says yes. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export function painter(colour: boolean): Painter {
  const { bold, dim, green, red, yellow } = colors.createColors(colour);
  return {
    bold: (text) => bold(text),
    dim: (text) => dim(text),
    good: (text) => green(text),
    bad: (text) => red(text),
    warn: (text) => yellow(text),
  };
}
