import { type InstantInput, type Kind, type Source, type Value, type Work } from "@pawl/core";
import type { BatchColumn } from "@pawl/history";
import type { OnlineStore } from "@pawl/present";
import type { Ports } from "../ports.ts";
import { columnPlan } from "./column-view.ts";
import { findSource } from "../find-source.ts";
import { exportFacts } from "./export-facts.ts";
import { FactFiles } from "./fact-files.ts";

export interface LoadFacts {
  readonly source: string;
  /** Only facts with eventTime in [from, until). */
  readonly from?: InstantInput;
  readonly until?: InstantInput;
}

export interface LoadedFacts {
  readonly added: number;
  /** The log's position after the last of them. */
  readonly sequence: number;
}

/** Large enough that waiting for the disk is a small part, small enough that other work gets in between. */
const factsPerPush = 5_000;

/**
 * Reads a source's files into the present, in the files' order, so that it knows what history knows. From
 * then on history reads the files for these facts and the log for all that came later.
 */
export async function loadFacts(
  ports: Ports,
  present: OnlineStore,
  request: LoadFacts,
  work: Work = {},
): Promise<LoadedFacts> {
  const source = findSource(ports, request.source);
  // What was pushed before goes to history first: from here on the log stands for the files.
  await exportFacts(ports, present, work);
  let [added, sequence] = [0, present.stats().sequence];
  let batch: Record<string, Value>[] = [];
  const push = async (): Promise<void> => {
    const answer = await present.push(source.name, batch);
    added += answer.added;
    sequence = Math.max(sequence, answer.sequence);
    batch = [];
    work.onProgress?.({ stage: `pushing facts of ${source.name}`, done: added });
  };
  for await (const fact of readFacts(ports, source, request, work)) {
    if (batch.push(fact) < factsPerPush) continue;
    work.signal?.throwIfAborted();
    await push();
  }
  if (batch.length > 0) await push();
  new FactFiles(ports.factFolder).baseLoaded(source.name, sequence);
  return { added, sequence };
}

/** A source's facts from its files, one by one, in the files' order. */
export async function* readFacts(
  ports: Ports,
  source: Source,
  period: Pick<LoadFacts, "from" | "until"> = {},
  work: Work = {},
): AsyncGenerator<Record<string, Value>> {
  const { from, until } = period;
  const spine = {
    kind: "source",
    source,
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
  } as const;
  const filled = await ports.history.fill({ plan: columnPlan(source), spine, asOf: source.eventTime }, work);
  try {
    const names = filled.columns.map((column) => column.name);
    for await (const batch of filled.batches(work)) {
      for (let row = 0; row < batch.rows; row++) {
        const fact: Record<string, Value> = {};
        for (const [c, column] of batch.columns.entries()) fact[names[c] ?? ""] = cellOf(column, row);
        yield fact;
      }
    }
  } finally {
    await filled.close();
  }
}

function cellOf(column: BatchColumn, row: number): Value {
  const value = column.values[row];
  if (value === undefined || value === null) return null;
  if (typeof value !== "number") return value;
  if (Number.isNaN(value)) return null;
  return (column.kind as Kind) === "bool" ? value === 1 : value;
}
