import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type PawlError, toPawlError, type Work } from "@pawl/core";
import { openPresent, type Present } from "@pawl/present";
import type { Project } from "../project.ts";
import { brokenLoad, catchUp } from "./catch-up.ts";

/** A source whose files could not be read into the present; facts can be pushed to it all the same. */
export interface LeftBehind {
  readonly source: string;
  readonly error: PawlError;
}

/**
 * Opens a project's present; one process at a time. The files of all sources are read into it first, once for
 * all, so that it knows what history knows. Files that are not there are reported, not thrown.
 */
export async function openLive(
  project: Project,
  work: Work = {},
): Promise<{
  readonly present: Present;
  readonly facts: number;
  readonly leftBehind: readonly LeftBehind[];
}> {
  const { ports, state } = project;
  const directory = join(state, "present");
  const open = (): Promise<Present> => openPresent({ directory, catalog: ports.catalog, clock: ports.clock });
  // Opened first, so that another process that is reading files right now keeps what it has.
  let present = await open();
  if (await brokenLoad(ports.factFolder)) {
    await present.close();
    await rm(directory, { recursive: true, force: true });
    // The markers go last: a crash in between is cleared away just the same.
    await rm(ports.factFolder, { recursive: true, force: true });
    present = await open();
  }
  const leftBehind: LeftBehind[] = [];
  const alone = present.stats().sequence === 0;
  let facts = 0;
  try {
    for (const source of ports.catalog.sources.keys()) {
      try {
        facts += await catchUp(ports, present, source, { ...work, alone });
      } catch (thrown) {
        const error = toPawlError(thrown);
        const passable =
          error.code === "not_found" || error.code === "bad_data" || error.code === "unavailable";
        if (!passable || work.signal?.aborted) throw thrown;
        leftBehind.push({ source, error });
      }
    }
    await present.backfilled();
    return { present, facts, leftBehind };
  } catch (thrown) {
    await present.close();
    throw thrown;
  }
}
