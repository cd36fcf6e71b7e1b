import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** MLflow and the libraries whose models it logs here; the newest there are. */
const packages = ["mlflow", "scikit-learn", "lightgbm", "skl2onnx", "onnx", "onnxruntime"];

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const folder = join(root, ".venv", "mlflow");
const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const mark = join(folder, "pawl-packages.txt");

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Whether this machine has a Python at all. */
export function hasPython(): boolean {
  return spawnSync("python3", ["--version"]).status === 0;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? `exit ${status}`}`);
}

/** Makes the virtual environment, once; it takes some minutes and says so. */
export function installMlflow(): void {
  const wanted = packages.join(" ");
  if (existsSync(python) && existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  say(`Installing MLflow's client in .venv/mlflow, once (${wanted}) …`);
  run("python3", ["-m", "venv", folder]);
  run(python, [
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--upgrade",
    "--progress-bar",
    "off",
    ...packages,
  ]);
  writeFileSync(mark, wanted);
}

export interface Outcome {
  readonly scenario: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** What a scenario measured, or how it failed. */
  readonly detail: unknown;
}

/** Runs MLflow's client against a server: every scenario of `client.py`, in one process. */
export async function runClient(options: {
  readonly url: string;
  readonly token: string;
  readonly scenarios?: readonly string[];
}): Promise<{ readonly outcomes: ReadonlyMap<string, Outcome>; readonly output: string }> {
  const script = fileURLToPath(new URL("client.py", import.meta.url));
  const child = spawn(python, [script, ...(options.scenarios ?? [])], {
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: options.url,
      MLFLOW_TRACKING_TOKEN: options.token,
      MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false",
      MLFLOW_DISABLE_TELEMETRY: "true",
      OMP_NUM_THREADS: "1",
      GIT_PYTHON_REFRESH: "quiet",
      MPLBACKEND: "Agg",
      PYTHONWARNINGS: "ignore",
    },
  });
  const outcomes = new Map<string, Outcome>();
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (line.startsWith("@@")) {
        const outcome = JSON.parse(line.slice(2)) as Outcome;
        outcomes.set(outcome.scenario, outcome);
        say(
          `MLflow's client: ${outcome.scenario} ${outcome.ok ? "went well" : "failed"} in ${outcome.seconds} s`,
        );
      } else output = `${output}${line}\n`.slice(-8_000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`MLflow's client ended with ${code}.\n${output}`);
  return { outcomes, output };
}
