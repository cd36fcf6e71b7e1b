import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Catalog, catalog, PawlError } from "@pawl/core";
import type { BuildFailure, Plugin } from "esbuild";
import type { ProjectPlace } from "./find-project.ts";

/** This package's own definitions API: what projects import as "pawl". */
const ownEntry = new URL(import.meta.url.endsWith(".ts") ? "../index.ts" : "../index.js", import.meta.url)
  .href;

/**
 * Definitions must come from the very copy of Pawl that reads them, wherever the project lies and whatever
 * it has installed; other packages are found from the project's folder.
 */
const ownPackage: Plugin = {
  name: "pawl",
  setup(build) {
    build.onResolve({ filter: /^(?:pawl|@pawl\/core)$/ }, () => ({ path: ownEntry, external: true }));
  },
};

/**
 * Reads a project's definitions: compiles the file and what it imports from the project, runs it, and
 * gathers its exports. Whatever is wrong is said with file and line. Types are not checked: that is the
 * editor's part.
 */
export async function loadDefinitions({ directory, file }: ProjectPlace): Promise<Catalog> {
  // Inside the project, so that its own packages are found; under a name of its own, so that two commands
  // at once do not meet.
  const cache = join(directory, ".pawl", "tmp");
  const target = join(cache, `definitions-${process.pid}-${Date.now()}.mjs`);
  const code = await compiled(directory, file, target);
  await mkdir(cache, { recursive: true });
  await writeFile(target, code);
  try {
    process.setSourceMapsEnabled(true);
    const module = (await import(pathToFileURL(target).href)) as Readonly<Record<string, unknown>>;
    const exported = Object.values(module).flat();
    const found = catalog(exported);
    if (found.documents.length > 0) return found;
    throw new PawlError("invalid_definition", `${relative(directory, file)} defines nothing.`, {
      found: `exports ${Object.keys(module).join(", ") || "nothing"}`,
      expected: "at least one exported entity, source, group, view or model",
      next: 'Export one: export const customer = entity("customer", { key: t.string });',
    });
  } catch (thrown) {
    throw definitionError(thrown, directory, file);
  } finally {
    await rm(target, { force: true });
  }
}

async function compiled(directory: string, file: string, target: string): Promise<string> {
  const { build } = await import("esbuild");
  try {
    const result = await build({
      entryPoints: [file],
      outfile: target,
      absWorkingDir: directory,
      bundle: true,
      write: false,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      plugins: [ownPackage],
      sourcemap: "inline",
      logLevel: "silent",
    });
    return result.outputFiles[0]?.text ?? "";
  } catch (thrown) {
    throw isBuildFailure(thrown) ? syntaxError(thrown, directory, file) : thrown;
  }
}

const isBuildFailure = (thrown: unknown): thrown is BuildFailure =>
  thrown instanceof Error && "errors" in thrown && Array.isArray(thrown.errors);

function syntaxError({ errors }: BuildFailure, directory: string, file: string): PawlError {
  const said = errors.slice(0, 5).map(({ text, location }) => {
    if (!location) return text;
    return `${location.file}:${location.line}:${location.column + 1}: ${text}\n  ${location.lineText.trim()}`;
  });
  const [first] = errors;
  return new PawlError("invalid_definition", `${relative(directory, file)} cannot be read.`, {
    found: said.join("\n"),
    next: "Correct it there.",
    details: {
      ...(first?.location && {
        file: first.location.file,
        line: first.location.line,
        column: first.location.column + 1,
      }),
    },
  });
}

/** What was thrown while the definitions ran, with the place in the project it came from. */
function definitionError(thrown: unknown, directory: string, file: string): PawlError {
  const place = thrown instanceof Error ? placeOf(thrown.stack ?? "", directory) : undefined;
  const at = place ? `${place.file}:${place.line}:${place.column}` : relative(directory, file);
  const details = place && { ...place };
  if (thrown instanceof PawlError) {
    return new PawlError(thrown.code, thrown.message, {
      found: thrown.found === undefined ? `at ${at}` : `${thrown.found}, at ${at}`,
      ...(thrown.expected !== undefined && { expected: thrown.expected }),
      ...(thrown.next !== undefined && { next: thrown.next }),
      details: { ...thrown.details, ...details },
      cause: thrown,
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const unexported = /'([^']+)' does not provide an export named '([^']+)'/.exec(message);
  if (unexported) {
    const [, from, name] = unexported;
    const origin = from === ownEntry ? "pawl" : from;
    return new PawlError("invalid_definition", `"${origin}" has nothing named "${name}".`, {
      found: `an import in ${relative(directory, file)}, or in a file it imports`,
      next: "Correct the name there.",
      cause: thrown,
    });
  }
  const missing = /Cannot find package '([^']+)'/.exec(message)?.[1];
  if (missing !== undefined) {
    return new PawlError(
      "invalid_definition",
      `The definitions use the package "${missing}", which is not there.`,
      {
        found: at,
        next: `Install it in the project: npm install ${missing}`,
        cause: thrown,
      },
    );
  }
  return new PawlError("invalid_definition", "The definitions fail while they run.", {
    found: `${at}: ${message}`,
    next: "Correct it there; a name that does not exist is the usual reason.",
    ...(details && { details }),
    cause: thrown,
  });
}

const ownFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** The first line of a stack trace that lies in the project and is not Pawl's own. */
function placeOf(
  stack: string,
  directory: string,
): { readonly file: string; readonly line: number; readonly column: number } | undefined {
  for (const line of stack.split("\n")) {
    const match = /(?:\(|at )((?:file:\/\/)?\/?[^()\s][^()]*?):(\d+):(\d+)\)?$/.exec(line.trim());
    const [, where = "", row, column] = match ?? [];
    if (row === undefined || column === undefined || where.startsWith("node:")) continue;
    const path = where.startsWith("file://") ? fileURLToPath(where) : where;
    const inside = relative(directory, path);
    if (inside.startsWith("..") || inside.includes("node_modules") || path.startsWith(ownFolder)) continue;
    return { file: inside, line: Number(row), column: Number(column) };
  }
  return undefined;
}
