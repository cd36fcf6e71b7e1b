import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { PawlError } from "@pawl/core";
import type { DatasetFile } from "@pawl/ledger";

/** Half-open [start, end) in bytes. */
export interface Bytes {
  readonly start: number;
  readonly end: number;
}

/** Where the files of datasets are read from. */
export interface DatasetFiles {
  /** A file that is there and as long as the ledger says. `not_found`, `bad_data`, or `unsupported` for other stores. */
  open(file: DatasetFile): Promise<{ readonly bytes: number; read(range: Bytes): AsyncIterable<Uint8Array> }>;
}

/** Files below one folder of this machine. A path that leads out of it, also by a link, is refused. */
export function localDatasetFiles(root: string): DatasetFiles {
  return {
    async open(file) {
      if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file.uri)) {
        throw new PawlError("unsupported", "The dataset lies in another store.", {
          found: file.uri.split("://", 1)[0] ?? "",
          next: "Read it from there.",
        });
      }
      const path = await contained(root, file.uri);
      const { size } = await stat(path);
      if (size !== file.bytes) {
        throw new PawlError("bad_data", "A file of the dataset is not as it was frozen.", {
          found: `${size} bytes`,
          expected: `${file.bytes} bytes`,
          next: "Freeze the dataset again, or bring back the file.",
        });
      }
      return { bytes: size, read: ({ start, end }) => createReadStream(path, { start, end: end - 1 }) };
    },
  };
}

async function contained(root: string, uri: string): Promise<string> {
  const base = await realpath(root);
  const path = await realpath(resolve(base, uri)).catch((thrown: unknown) => {
    throw new PawlError("not_found", "A file of the dataset is gone.", {
      next: "Freeze the dataset again, or bring back the file.",
      cause: thrown,
    });
  });
  const inside = relative(base, path);
  if (inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return path;
  throw new PawlError("forbidden", "The dataset points out of the project.", {
    next: "Freeze the dataset again inside the project.",
  });
}
