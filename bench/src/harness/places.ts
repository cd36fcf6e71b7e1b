import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, whether this runs from source or compiled. */
export const benchFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The repository. */
export const repository = dirname(benchFolder);

/** Where generated data and answers lie; made when missing, ignored by git. */
export function cacheFolder(...names: string[]): string {
  const folder = join(repository, ".pawl", "bench", ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}
