import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findLightgbm, lightgbmVariable } from "../lightgbm/lightgbm-library.ts";

const folder = fileURLToPath(new URL("../../../../.venv/lightgbm", import.meta.url));

/**
 * Makes the LightGBM of PyPI known to this process, fetching it into `.venv/lightgbm` when absent.
 * Gives why it cannot; under `CI=true` it throws instead, so that the tests cannot be passed over.
 */
export async function providePeerLightgbm(): Promise<string | undefined> {
  if (findLightgbm().path !== undefined) return undefined;
  const why = (await locked(fetchLibrary)) ?? findLightgbm(folder).why;
  if (why === undefined) {
    process.env[lightgbmVariable] = folder;
    return undefined;
  }
  if (process.env["CI"] === "true") throw new Error(`LightGBM must be tested in CI: ${why}`);
  return why;
}

function fetchLibrary(): string | undefined {
  if (findLightgbm(folder).path !== undefined) return undefined;
  // Only its library is wanted: no dependencies, no virtual environment.
  const args = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, "lightgbm==4.*"];
  const done = spawnSync("python3", args, { encoding: "utf8", timeout: 110_000 });
  if (done.status === 0) return undefined;
  return done.error?.message ?? done.stderr.trim();
}

/** Two test files may want it at once: the second waits for the first. */
async function locked<T>(action: () => T): Promise<T> {
  const lock = `${folder}.lock`;
  mkdirSync(join(folder, ".."), { recursive: true });
  for (let tries = 0; tries < 240; tries++) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  try {
    return action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
