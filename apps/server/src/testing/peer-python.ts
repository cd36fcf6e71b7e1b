import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Whether tests with Python clients cannot run on this machine; in CI they fail instead of being passed over. */
export const withoutPython =
  process.env["CI"] !== "true" && spawnSync("python3", ["-m", "venv", "--help"]).status !== 0;

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "..");
/** Clients by the environment they live in: what one pins must not hold back another. */
const environments = {
  peers: ["tritonclient[http]==2.59.*", "numpy", "polars==1.*"],
  feast: ["feast==0.67.*"],
} as const;
export type PeerEnvironment = keyof typeof environments;

/**
 * The interpreter of an environment in `.venv`, with the clients that tests speak to the server with. It is
 * made when it is missing; when that fails, the test fails with the reason.
 */
export async function peerPython(environment: PeerEnvironment): Promise<string> {
  const packages = environments[environment];
  const folder = join(root, ".venv", environment);
  const python =
    process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
  const marker = join(folder, "pawl-peers.txt");
  const wanted = createHash("sha256").update(packages.join("\n")).digest("hex");
  const stands = (): boolean => existsSync(marker) && readFileSync(marker, "utf8") === wanted;
  if (stands()) return python;
  mkdirSync(dirname(folder), { recursive: true });
  const lock = `${folder}.lock`;
  while (!take(lock)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (stands()) return python;
  }
  try {
    if (stands()) return python;
    rmSync(folder, { recursive: true, force: true });
    must("python3", ["-m", "venv", folder]);
    must(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
    writeFileSync(marker, wanted);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
  return python;
}

/** Runs a script and reads the JSON it prints; its error text when it fails. */
export async function runPython(
  environment: PeerEnvironment,
  script: string,
  args: readonly string[],
): Promise<unknown> {
  const python = await peerPython(environment);
  return new Promise((resolve, reject) => {
    execFile(python, ["-c", script, ...args], { timeout: 100_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message));
      else resolve(JSON.parse(stdout));
    });
  });
}

/** Takes the lock, also from somebody who died with it. */
function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 600_000)
      rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function must(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: "utf8", timeout: 580_000 });
  if (done.status === 0) return;
  throw new Error(`${command} ${args.join(" ")}: ${done.error?.message ?? done.stderr}`);
}
