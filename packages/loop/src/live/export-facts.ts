import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { spineKinds, type Value, type Work } from "@pawl/core";
import type { OnlineStore } from "@pawl/present";
import type { Ports } from "../ports.ts";
import { columnPlan } from "./column-view.ts";
import { FactFiles } from "./fact-files.ts";
import { findSource } from "./load-facts.ts";

export interface ExportedFacts {
  readonly source: string;
  /** Facts written in this export. */
  readonly written: number;
  /** True when corrections or removals made it write all live facts again. */
  readonly rewritten: boolean;
}

const factsPerSegment = 200_000;

/**
 * Brings the log's newest facts to history: after it, history sees every fact that was acknowledged before it
 * began. Facts that were only added become a further Parquet segment; a correction or removal of an exported
 * fact makes the source's live facts be written anew. A crash in between leaves the old list in force.
 */
export async function exportFacts(
  ports: Ports,
  present: OnlineStore,
  source: string,
  work: Work = {},
): Promise<ExportedFacts> {
  const definition = findSource(ports, source);
  const files = new FactFiles(ports.factFolder);
  const state = files.read(source);
  const upTo = present.stats().sequence;
  if (upTo <= state.exportedUpTo) return { source, written: 0, rewritten: false };
  const changed = await touchesExported(present, source, state.exportedUpTo, upTo);
  const after = changed ? 0 : state.exportedUpTo;
  const folder = files.folderOf(source);
  mkdirSync(folder, { recursive: true });
  const segments = changed ? [] : [...state.segments];
  let written = 0;
  let rows: Record<string, Value>[] = [];
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return;
    const name = `${String(upTo).padStart(12, "0")}-${segments.length}-${randomUUID().slice(0, 8)}.parquet`;
    const spine = { kind: "rows", columns: spineKinds(definition.columns), rows } as const;
    const filled = await ports.history.fill(
      { plan: columnPlan(definition), spine, asOf: definition.eventTime },
      work,
    );
    try {
      await filled.writeParquet(join(folder, name), work);
    } finally {
      await filled.close();
    }
    segments.push(name);
    written += rows.length;
    rows = [];
  };
  for await (const logged of present.facts({ source, after, upTo })) {
    if (logged.op === "delete" || !logged.live) continue;
    rows.push({ ...logged.fact });
    if (rows.length >= factsPerSegment) {
      await flush();
      work.onProgress?.({ stage: `exporting facts of ${source}`, done: written });
    }
  }
  await flush();
  files.write(source, {
    baseUpTo: state.baseUpTo,
    exportedUpTo: upTo,
    segments,
    baseReplaced: state.baseReplaced || changed,
  });
  removeUnlisted(folder, segments);
  return { source, written, rewritten: changed };
}

/** Whether a change after `from` replaced or removed a fact that history already has. */
async function touchesExported(
  present: OnlineStore,
  source: string,
  from: number,
  upTo: number,
): Promise<boolean> {
  for await (const logged of present.facts({ source, after: from, upTo })) {
    if (logged.replaces !== undefined && logged.replaces <= from) return true;
  }
  return false;
}

function removeUnlisted(folder: string, segments: readonly string[]): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".parquet") && !segments.includes(name)) rmSync(join(folder, name), { force: true });
  }
}
