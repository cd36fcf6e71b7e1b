import { existsSync } from "node:fs";
import { join } from "node:path";
import { toPawlError, type Work } from "@pawl/core";
import { exportFacts } from "@pawl/loop";
import { openPresent } from "@pawl/present";
import type { Project } from "../project.ts";

/**
 * Makes sure that history sees every fact this project has acknowledged, before something is computed from it.
 * While another process has the present open, that process exports by itself, within two seconds.
 */
export async function settleFacts({ ports, state }: Project, work: Work = {}): Promise<void> {
  const directory = join(state, "present");
  if (!existsSync(directory)) return;
  try {
    const present = await openPresent({ directory, catalog: ports.catalog, clock: ports.clock });
    try {
      await exportFacts(ports, present, work);
    } finally {
      await present.close();
    }
  } catch (thrown) {
    const error = toPawlError(thrown);
    if (error.code !== "conflict") throw error;
  }
}
