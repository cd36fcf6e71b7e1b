import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrainedModel } from "@pawl/core";
import type { SliceCache } from "./sliced-predictions.ts";

/** Trained slices as files, named by the hash of all they depend on. A damaged file is trained again. */
export function folderSliceCache(
  folder: string,
  load: (bytes: Uint8Array) => TrainedModel | Promise<TrainedModel>,
): SliceCache {
  const fileOf = (key: string): string => join(folder, `${key}.model`);
  return {
    async get(key) {
      try {
        return await load(await readFile(fileOf(key)));
      } catch {
        return undefined;
      }
    },
    async put(key, model) {
      await mkdir(folder, { recursive: true });
      const file = fileOf(key);
      await writeFile(`${file}.${process.pid}`, model.bytes());
      await rename(`${file}.${process.pid}`, file);
    },
  };
}
