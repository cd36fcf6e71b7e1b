import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { PawlError } from "@pawl/core";

/** Files that make a folder a project, in order of preference. */
export const definitionFiles = ["pawl.ts", "pawl.mts", "pawl.js", "pawl.mjs"] as const;

export interface ProjectPlace {
  readonly directory: string;
  /** The file with the definitions. */
  readonly file: string;
}

/** The project of a folder: the given one itself, or else the nearest at or above the working directory. */
export function findProject(cwd: string, given: string | undefined): ProjectPlace {
  if (given !== undefined) {
    const directory = resolve(cwd, given);
    if (!existsSync(directory) || !statSync(directory).isDirectory()) {
      throw new PawlError("not_found", "There is no such folder.", {
        found: directory,
        expected: "a project's folder",
      });
    }
    const place = placeIn(directory);
    if (place) return place;
    throw new PawlError("not_found", "This folder is no Pawl project.", {
      found: `${directory} without ${definitionFiles[0]}`,
      next: `Make one: pawl init ${given}`,
    });
  }
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const place = placeIn(directory);
    if (place) return place;
    if (directory === dirname(directory)) break;
  }
  throw new PawlError("not_found", "There is no Pawl project here.", {
    found: `no ${definitionFiles[0]} in ${resolve(cwd)} or above`,
    next: "Make one with pawl init, or name its folder with --project.",
  });
}

function placeIn(directory: string): ProjectPlace | undefined {
  const name = definitionFiles.find((each) => existsSync(join(directory, each)));
  return name === undefined ? undefined : { directory, file: join(directory, name) };
}
