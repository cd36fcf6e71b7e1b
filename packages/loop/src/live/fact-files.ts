import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Location, parquet, PawlError, type Source } from "@pawl/core";

/** What of a source's log lies in files that history reads. */
export interface FactFileState {
  /** Facts of the log up to here came from the source's own files and are read from those. */
  readonly baseUpTo: number;
  /** Facts of the log up to here, beyond the base, are in `segments`. */
  readonly exportedUpTo: number;
  /** Parquet files beside this one, oldest first. */
  readonly segments: readonly string[];
  /** A fact of the base was corrected or removed: the source's own files are no longer read. */
  readonly baseReplaced: boolean;
}

const none: FactFileState = { baseUpTo: 0, exportedUpTo: 0, segments: [], baseReplaced: false };

/** The folder that holds exported facts, one subfolder a source, each with a small manifest. */
export class FactFiles {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Where a source's segments lie. */
  folderOf(source: string): string {
    return join(this.folder, source);
  }

  read(source: string): FactFileState {
    const file = join(this.folderOf(source), "manifest.json");
    if (!existsSync(file)) return none;
    try {
      return { ...none, ...(JSON.parse(readFileSync(file, "utf8")) as Partial<FactFileState>) };
    } catch (cause) {
      throw new PawlError("bad_data", `The list of exported facts of "${source}" is damaged.`, {
        found: file,
        next: "Remove the folder it lies in; the facts are still in the log and will be exported again.",
        cause,
      });
    }
  }

  /** Replaces the manifest in one step: readers see the old list or the new one. */
  write(source: string, state: FactFileState): void {
    const folder = this.folderOf(source);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "manifest.json");
    writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { flush: true });
    renameSync(`${file}.new`, file);
  }

  baseLoaded(source: string, upTo: number): void {
    this.write(source, { ...this.read(source), baseUpTo: upTo, exportedUpTo: upTo });
  }
}

/** Where history reads a source's facts: its own files, and the segments exported from the log. */
export function factLocations(files: FactFiles, source: Source): readonly Location[] {
  const { segments, baseReplaced } = files.read(source.name);
  const exported = segments.map((name) => parquet(join(files.folderOf(source.name), name)));
  return source.from && !baseReplaced ? [source.from, ...exported] : exported;
}
