import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PawlError, type Work } from "@pawl/core";
import { FactFiles, findSource, loadFacts, type Ports } from "@pawl/loop";
import type { OnlineStore } from "@pawl/present";

/** What is left behind while files are being read, and stays when that is broken off. */
const markerName = "loading";

/**
 * Reads a source's own files into the present, unless that has been done or it has none. Gives the number of
 * facts read. After a load that was broken off, facts with a key are simply read again; without one they could
 * not be told from those that are there, so the error says what to remove. `alone` promises that nothing but
 * files has ever been read into this present: then the next start clears it away by itself.
 */
export async function catchUp(
  ports: Ports,
  present: OnlineStore,
  name: string,
  options: Work & { readonly alone?: boolean } = {},
): Promise<number> {
  const source = findSource(ports, name);
  const files = new FactFiles(ports.factFolder);
  const folder = files.folderOf(name);
  if (!source.from || files.read(name).baseUpTo > 0) return 0;
  const marker = join(folder, markerName);
  if (existsSync(marker) && source.key.length === 0) {
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
  await writeFile(marker, options.alone ? "alone" : "among others");
  try {
    const { added } = await loadFacts(ports, present, { source: name }, options);
    await rm(marker);
    return added;
  } catch (thrown) {
    // Nothing came in, so nothing is left half-done.
    if (present.stats().sequence === before) await rm(marker);
    throw thrown;
  }
}

/** Whether a load was broken off in a present that held nothing but a part of some files. */
export async function brokenLoad(factFolder: string): Promise<boolean> {
  const sources = existsSync(factFolder) ? await readdir(factFolder) : [];
  for (const name of sources) {
    const marker = join(factFolder, name, markerName);
    if (existsSync(marker) && (await readFile(marker, "utf8")) === "alone") return true;
  }
  return false;
}
