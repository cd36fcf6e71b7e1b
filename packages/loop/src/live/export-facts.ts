import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Source, spineKinds, type Value, type Work } from "@pawl/core";
import type { LoggedFact, OnlineStore } from "@pawl/present";
import { findSource } from "../find-source.ts";
import type { Ports } from "../ports.ts";
import { columnPlan } from "./column-view.ts";
import { FactFiles } from "./fact-files.ts";

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
 * began. Facts that were only added become a further Parquet segment of their source; a correction or removal
 * of an exported fact makes that source's live facts be written anew. A crash in between leaves the old list
 * in force, and the next export gives the same facts again.
 */
export async function exportFacts(
  ports: Ports,
  present: OnlineStore,
  work: Work = {},
): Promise<readonly ExportedFacts[]> {
  const done = new Map<string, { written: number; rewritten: boolean }>();
  await present.exportLog(
    async ({ facts, upTo }) => {
      for (const [name, logged] of bySource(facts)) {
        const found = await exportSource(ports, present, findSource(ports, name), { logged, upTo }, work);
        const before = done.get(name);
        done.set(name, {
          written: found.written + (found.rewritten ? 0 : (before?.written ?? 0)),
          rewritten: found.rewritten || before?.rewritten === true,
        });
      }
    },
    { ...work, batchSize: factsPerSegment },
  );
  return [...done].map(([source, found]) => ({ source, ...found }));
}

async function exportSource(
  ports: Ports,
  present: OnlineStore,
  source: Source,
  { logged, upTo }: { readonly logged: readonly LoggedFact[]; readonly upTo: number },
  work: Work,
): Promise<{ readonly written: number; readonly rewritten: boolean }> {
  const files = new FactFiles(ports.factFolder);
  const state = files.read(source.name);
  const news = logged.filter(({ sequence }) => sequence > state.exportedUpTo);
  const rewritten = news.some(({ replaces }) => replaces !== undefined && replaces <= state.exportedUpTo);
  if (news.length === 0) return { written: 0, rewritten };
  const writer = new SegmentWriter(ports, source, files.folderOf(source.name), upTo, work);
  if (rewritten) {
    for await (const one of present.facts({ source: source.name, upTo })) await writer.add(one);
  } else {
    for (const one of news) await writer.add(one);
  }
  const added = await writer.finish();
  const segments = rewritten ? added : [...state.segments, ...added];
  files.write(source.name, {
    baseUpTo: state.baseUpTo,
    exportedUpTo: upTo,
    segments,
    baseReplaced: state.baseReplaced || rewritten,
  });
  removeUnlisted(files.folderOf(source.name), segments);
  return { written: writer.written, rewritten };
}

/** Writes live facts into Parquet files of bounded size. */
class SegmentWriter {
  written = 0;
  private rows: Record<string, Value>[] = [];
  private readonly names: string[] = [];
  private readonly ports: Ports;
  private readonly source: Source;
  private readonly folder: string;
  private readonly upTo: number;
  private readonly work: Work;

  constructor(ports: Ports, source: Source, folder: string, upTo: number, work: Work) {
    mkdirSync(folder, { recursive: true });
    this.ports = ports;
    this.source = source;
    this.folder = folder;
    this.upTo = upTo;
    this.work = work;
  }

  async add(logged: LoggedFact): Promise<void> {
    if (logged.op === "delete" || !logged.live) return;
    if (this.rows.push({ ...logged.fact }) >= factsPerSegment) await this.flush();
  }

  /** The names of the segments written. */
  async finish(): Promise<readonly string[]> {
    await this.flush();
    return this.names;
  }

  private async flush(): Promise<void> {
    const { rows, source, work } = this;
    if (rows.length === 0) return;
    const name = `${String(this.upTo).padStart(12, "0")}-${this.names.length}-${randomUUID().slice(0, 8)}.parquet`;
    const spine = { kind: "rows", columns: spineKinds(source.columns), rows } as const;
    const request = { plan: columnPlan(source), spine, asOf: source.eventTime };
    const filled = await this.ports.history.fill(request, work);
    try {
      await filled.writeParquet(join(this.folder, name), work);
    } finally {
      await filled.close();
    }
    this.names.push(name);
    this.written += rows.length;
    this.rows = [];
    work.onProgress?.({ stage: `exporting facts of ${source.name}`, done: this.written });
  }
}

function bySource(facts: readonly LoggedFact[]): ReadonlyMap<string, LoggedFact[]> {
  const grouped = new Map<string, LoggedFact[]>();
  for (const logged of facts) {
    const list = grouped.get(logged.source);
    if (list) list.push(logged);
    else grouped.set(logged.source, [logged]);
  }
  return grouped;
}

function removeUnlisted(folder: string, segments: readonly string[]): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".parquet") && !segments.includes(name)) rmSync(join(folder, name), { force: true });
  }
}
