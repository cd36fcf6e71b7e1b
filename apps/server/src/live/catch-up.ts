import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PawlError, type Work } from "@pawl/core";
import { FactFiles, findSource, loadFacts, type Ports } from "@pawl/loop";
import type { OnlineStore } from "@pawl/present";

/**
 * Reads a source's own files into the present, unless that has been done or it has none. Gives the number of
 * facts read. A load that was broken off cannot be told from facts that were pushed, so it is not repeated
 * over what is there; the error says what to remove.
 */
export async function catchUp(
  ports: Ports,
  present: OnlineStore,
  name: string,
  work: Work = {},
): Promise<number> {
  const source = findSource(ports, name);
  const files = new FactFiles(ports.factFolder);
  const folder = files.folderOf(name);
  if (!source.from || files.read(name).baseUpTo > 0) return 0;
  const marker = join(folder, "loading");
  if (existsSync(marker)) {
    throw new PawlError(
      "conflict",
      `Reading the files of "${name}" was broken off; the present holds a part of them.`,
      {
        found: marker,
        next: "Remove .pawl/present and .pawl/facts, then try again: they are made anew from the files.",
      },
    );
  }
  await mkdir(folder, { recursive: true });
  const before = present.stats().sequence;
  await writeFile(marker, "", { flag: "wx" });
  try {
    const { added } = await loadFacts(ports, present, { source: name }, work);
    await rm(marker);
    return added;
  } catch (thrown) {
    // Nothing came in, so nothing is left half-done.
    if (present.stats().sequence === before) await rm(marker);
    throw thrown;
  }
}
