import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { PawlError } from "@pawl/core";
import { benchFolder, cacheFolder, repository } from "../harness/places.ts";
import { pawlVersion } from "../harness/pawl-version.ts";

const python = join(repository, ".venv", "mlflow", "bin", "python");

/** A server that speaks MLflow's wire, with `runs` runs in the experiment named. */
export interface TrackingServer {
  readonly name: string;
  readonly version: string;
  readonly note: string | null;
  readonly url: string;
  readonly experimentId: string;
  /** Resident bytes of all its processes now. */
  memory(): number;
  stop(): Promise<void>;
}

/** Makes the environment the server's own tests use, unless it stands. */
export function ensureMlflow(log: (line: string) => void): void {
  if (existsSync(python)) return;
  log("Making a Python environment of mlflow …");
  must("python3", ["-m", "venv", join(repository, ".venv", "mlflow")]);
  must(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "mlflow"]);
}

function must(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return stdout.trim();
  throw new PawlError("unavailable", `${command} ${args[0] ?? ""} failed.`, {
    found: error?.message ?? stderr.trim().split("\n").at(-1) ?? "no reason given",
    next: "Install Python 3.10 or newer, or run with --no-peers.",
  });
}

export async function startPawl(runs: number): Promise<TrackingServer> {
  const folder = mkdtempSync(join(cacheFolder("mlflow"), "pawl-"));
  const script = join(benchFolder, "dist", "mlflow", "pawl-server.js");
  const child = spawn(process.execPath, [script, folder, String(runs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, experimentId } = JSON.parse(line) as { url: string; experimentId: string };
    const note = "metrics survive the end of the process at once, a power cut within moments.";
    return { name: "Pawl", version: pawlVersion, note, url, experimentId, ...handle(child, folder) };
  }
  throw new PawlError("unavailable", "Pawl's server ended before it listened.");
}

/** MLflow's store with `runs` runs, to be copied for each server. */
export interface MlflowSeed {
  readonly file: string;
  readonly experimentId: string;
}

export function seedMlflow(runs: number): MlflowSeed {
  const file = join(mkdtempSync(join(cacheFolder("mlflow"), "seed-")), "mlflow.db");
  const script = join(benchFolder, "src", "mlflow", "mlflow_seed.py");
  const said = must(python, [script, `sqlite:///${file}`, "mlflow-artifacts:", String(runs)]);
  return { file, experimentId: said.split("\n").at(-1) ?? "" };
}

export async function startMlflow(seed: MlflowSeed, workers: number): Promise<TrackingServer> {
  const { experimentId } = seed;
  const folder = mkdtempSync(join(cacheFolder("mlflow"), "mlflow-"));
  copyFileSync(seed.file, join(folder, "mlflow.db"));
  const store = `sqlite:///${join(folder, "mlflow.db")}`;
  const version = must(python, ["-c", "import mlflow; print(mlflow.__version__)"]);
  const port = await freePort();
  const args = ["server", "--backend-store-uri", store, "--artifacts-destination", join(folder, "artifacts")];
  const child = spawn(
    python,
    ["-m", "mlflow", ...args, "--host", "127.0.0.1", "--port", String(port), "--workers", String(workers)],
    { stdio: "ignore", detached: true, env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true" } },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let waited = 0; ; waited += 1) {
    if (
      await fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    if (waited > 120 || child.exitCode !== null)
      throw new PawlError("unavailable", "mlflow server did not start.");
    await sleep(1_000);
  }
  const name = `mlflow server, ${workers} worker${workers === 1 ? "" : "s"}`;
  return {
    name,
    version,
    note: "SQLite as it comes: every commit waits for the disk.",
    url,
    experimentId,
    ...handle(child, folder),
  };
}

function handle(child: ChildProcess, folder: string): Pick<TrackingServer, "memory" | "stop"> {
  const pid = child.pid ?? 0;
  return {
    memory: () => familyOf(pid).reduce((sum, member) => sum + residentBytes(member), 0),
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      // Its workers too, each by its own id.
      for (const member of familyOf(pid).reverse()) kill(member, "SIGTERM");
      const timer = setTimeout(() => {
        for (const member of familyOf(pid).reverse()) kill(member, "SIGKILL");
      }, 10_000);
      if (child.exitCode === null && child.signalCode === null) await gone;
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** A process and what it started, parents first; only itself where there is no /proc. */
function familyOf(pid: number): number[] {
  const family = [pid];
  if (!existsSync("/proc")) return family;
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = /^PPid:\s+(\d+)$/m.exec(statusOf(Number(entry)))?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(statusOf(pid))?.[1] ?? 0) * 1024;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
