import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { PawlError } from "@pawl/core";

/** The folders that may be read from and written to; nothing leads out of them, not even a link. */
export class Containment {
  readonly root: string;
  readonly #folders: readonly string[];

  constructor(root: string, allow: readonly string[] = []) {
    this.root = real(resolve(root));
    this.#folders = [this.root, ...allow.map((folder) => real(resolve(this.root, folder)))];
  }

  /** The absolute path; `forbidden` when it leads out. Of a glob, the part before the first wildcard counts. */
  resolve(path: string): string {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
      throw new PawlError("unsupported", "History on this machine reads local files only.", {
        found: path,
        expected: "a path in the project",
        next: "Copy the file into the project, or run history on an engine with an object store.",
      });
    }
    if (path === "" || path.includes("\0")) {
      throw new PawlError("invalid_input", "This is not a path.", { found: JSON.stringify(path) });
    }
    const absolute = isAbsolute(path) ? resolve(path) : resolve(this.root, path);
    const parts = absolute.split(sep);
    const wild = parts.findIndex((part) => /[*?[{]/.test(part));
    const fixed = wild < 0 ? absolute : parts.slice(0, wild).join(sep) || sep;
    const actual = real(fixed);
    if (!this.#folders.some((folder) => contains(folder, actual))) {
      throw new PawlError("forbidden", "This path leads out of the project.", {
        found: path,
        expected: `a path in ${this.root}`,
        next: "Move the file into the project, or name its folder in `allow`.",
      });
    }
    return wild < 0 ? actual : join(actual, ...parts.slice(wild));
  }
}

/** The path with links followed as far as it exists. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(real(parent), path.slice(parent.length).replace(/^[/\\]/, ""));
  }
}

function contains(folder: string, path: string): boolean {
  const step = relative(folder, path);
  return step === "" || (!step.startsWith(`..${sep}`) && step !== ".." && !isAbsolute(step));
}
