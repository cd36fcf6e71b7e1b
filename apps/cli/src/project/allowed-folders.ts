import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { PawlError } from "@pawl/core";

/**
 * Folders outside the project that its definitions may read data from: the `node_modules` their packages are
 * found in, and what the project's package.json names: `"pawl": { "allow": ["/data/warehouse"] }`.
 */
export function allowedFolders(project: string): string[] {
  const modules: string[] = [];
  for (let folder = project; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules");
    if (existsSync(candidate)) modules.push(candidate);
  }
  return [...named(project), ...modules];
}

function named(project: string): string[] {
  const file = join(project, "package.json");
  if (!existsSync(file)) return [];
  const allow = allowOf(file);
  if (allow === undefined) return [];
  if (Array.isArray(allow) && allow.every((folder) => typeof folder === "string")) {
    return allow.map((folder) => resolve(project, folder));
  }
  throw new PawlError("invalid_input", "pawl.allow of package.json is not a list of folders.", {
    found: JSON.stringify(allow),
    expected: `such as ["/data/warehouse"]`,
    next: `Correct it in ${file}.`,
  });
}

function allowOf(file: string): unknown {
  try {
    const manifest = JSON.parse(readFileSync(file, "utf8")) as { pawl?: { allow?: unknown } } | null;
    return manifest?.pawl?.allow;
  } catch (thrown) {
    throw new PawlError("invalid_input", "The project's package.json is not JSON.", {
      found: `${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      cause: thrown,
    });
  }
}
