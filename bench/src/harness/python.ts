import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PawlError } from "@pawl/core";
import { repository } from "./places.ts";

/** Python environments by runtime. Feast pins older libraries than the other peers should be judged by. */
const environments = {
  python: ["numpy", "pyarrow", "polars", "duckdb", "pandas", "scikit-learn", "lightgbm", "onnxruntime"],
  feast: ["feast[redis,duckdb]"],
  serving: ["mlserver", "mlserver-lightgbm", "mlflow", "lightgbm"],
} as const;

export type PythonRuntime = keyof typeof environments;

const folderOf = (runtime: PythonRuntime): string =>
  join(repository, ".venv", "bench", runtime === "python" ? "peers" : runtime);

/** The interpreter of an environment. */
export function interpreter(runtime: PythonRuntime): string {
  const folder = folderOf(runtime);
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

/** Makes the environment, unless it stands already for the same list of packages. */
export function ensurePython(runtime: PythonRuntime, log: (line: string) => void): void {
  const folder = folderOf(runtime);
  const packages = environments[runtime];
  const wanted = createHash("sha256").update(packages.join("\n")).digest("hex");
  const marker = join(folder, "pawl-bench.txt");
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return;
  log(`Making a Python environment of ${packages.join(", ")} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  must("python3", ["-m", "venv", folder]);
  must(interpreter(runtime), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  writeFileSync(marker, wanted);
}

function must(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: "utf8" });
  if (done.status === 0) return;
  throw new PawlError("unavailable", "The peers' Python environment could not be made.", {
    found: done.error?.message ?? done.stderr.trim().split("\n").at(-1) ?? "no reason given",
    expected: "python3 with venv, and a package index that can be reached",
    next: "Install Python 3.10 or newer, or run with --no-peers to measure Pawl alone.",
  });
}
