import { join } from "node:path";
import { type PawlError, toPawlError, type Work } from "@pawl/core";
import { openPresent, type Present } from "@pawl/present";
import type { Project } from "../project.ts";
import { catchUp } from "./catch-up.ts";

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
  const present = await openPresent({
    directory: join(state, "present"),
    catalog: ports.catalog,
    clock: ports.clock,
  });
  const leftBehind: LeftBehind[] = [];
  let facts = 0;
  try {
    for (const source of ports.catalog.sources.keys()) {
      try {
        facts += await catchUp(ports, present, source, work);
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
