import { PawlError, toPawlError } from "@pawl/core";

import { Command, CommanderError } from "commander";
import type { Runner } from "./command.ts";
import { commands } from "./commands/index.ts";
import { exitStatus } from "./exit-status.ts";
import { Terminal, type TerminalOptions } from "./output/terminal.ts";
import { version } from "./version.ts";

export interface Surroundings {
  readonly stdout: TerminalOptions["stdout"];
  readonly stderr: TerminalOptions["stderr"];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

/** Runs one command line and gives the process's exit status. Nothing is thrown. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, env, cwd, signal } = surroundings;
  const json = args.includes("--json");
  const terminal = new Terminal({ stdout, stderr, env, json, signal });
  const run: Runner = async (command, body) => {
    const { project } = command.optsWithGlobals<{ project?: string }>();
    const answer = await body({ cwd, env, terminal, project });
    if (answer) terminal.answer(answer);
  };
  try {
    const root = program(run, surroundings);
    if (args.length === 0) root.outputHelp();
    else await root.parseAsync([...args], { from: "user" });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = signal.aborted ? cancelled(thrown) : errorOf(thrown);
    terminal.error(error);
    if (error.code === "internal" && env["PAWL_DEBUG"] && thrown instanceof Error) {
      stderr.write(`${thrown.stack ?? ""}\n`);
    }
    return exitStatus[error.code];
  }
}

function program(run: Runner, { stdout }: Surroundings): Command {
  const root = new Command("pawl")
    .description("Operates machine-learning models that only move forward.")
    .version(version, "-V, --version", "print the version")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // What is wrong is printed once, in the form of every other error.
      outputError: () => {},
      writeErr: () => {},
    })
    .exitOverride();
  for (const add of commands) add(root, run);
  for (const command of root.commands) command.copyInheritedSettings(root);
  return root;
}

function cancelled(thrown: unknown): PawlError {
  return new PawlError("cancelled", "Stopped on request; nothing was left half-done.", { cause: thrown });
}

function errorOf(thrown: unknown): PawlError {
  if (!(thrown instanceof CommanderError)) return toPawlError(thrown);
  const message = thrown.message.replace(/^error: /, "");
  const [first = "", hint] = message.split("\n");
  const sentence = first.charAt(0).toUpperCase() + first.slice(1);
  const suggestion = /Did you mean (.+)\?/.exec(hint ?? "")?.[1];
  return new PawlError("invalid_input", /[.?!]$/.test(sentence) ? sentence : `${sentence}.`, {
    next: suggestion === undefined ? "See pawl --help." : `Did you mean ${suggestion}?`,
  });
}
