// What `npm start` and `npm test` need before they begin: dependencies and a build, each only when out of date.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 10)) {
  console.error(
    `Pawl needs Node.js 20.10 or newer; this is ${process.version}. Get it from https://nodejs.org.`,
  );
  process.exit(1);
}

/** Runs a command in the repository, its output shown; gives its exit code. */
export function run(command, args, options = {}) {
  const shell = process.platform === "win32";
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", shell, ...options });
  if (done.error) console.error(done.error.message);
  return done.status ?? 1;
}

function must(command, args, what) {
  const status = run(command, args);
  if (status === 0) return;
  console.error(`\n${what} failed (exit code ${status}); the lines above say why.`);
  process.exit(status);
}

/** Installs exactly what package-lock.json says, unless that has been done. */
export function install() {
  const marker = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  const fresh = existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs;
  if (!fresh) must("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit"], "Installing dependencies");
}

/** Compiles all packages; incremental. */
export function build() {
  must(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"], "The build");
}
