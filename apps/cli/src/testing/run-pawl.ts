import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The repository: the loader that runs sources is found from here, also by worker threads. */
const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Starts the real command as a process of its own, from its sources. */
export function startPawl(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const flags = ["--conditions=pawl-source", "--import", import.meta.resolve("tsx")];
  return spawn(process.execPath, [...flags, main, ...args], {
    cwd: options.cwd ?? repository,
    env: { ...inherited, ...options.env },
  });
}

/** Runs it to its end. */
export function runPawl(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return ended(startPawl(args, options));
}

export function ended(child: ChildProcessWithoutNullStreams): Promise<Run> {
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}
