import { type Command, InvalidArgumentError } from "commander";
import type { Answer, Terminal } from "./output/terminal.ts";

/** What a command runs in. */
export interface Setting {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** --project, where it was given. */
  readonly project: string | undefined;
}

/** Runs a command's body with everything around it: output, cancelling, exit status. */
export type Runner = (
  command: Command,
  body: (setting: Setting) => Promise<Answer | undefined>,
) => Promise<void>;

/** Adds one command to the program. */
export type CommandModule = (program: Command, run: Runner) => void;

/** The options every command has. */
export function common(command: Command): Command {
  return command
    .option("--project <dir>", "the project's folder (default: the nearest one at or above this folder)")
    .option("--json", "print one JSON document instead of words");
}

/** The example at the end of a command's help. */
export function example(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExample:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`);
}

/** A whole number from `least` on, for commander. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
  };
}
