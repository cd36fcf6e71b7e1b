import { type InstantInput, type Kind, PawlError, type Source, type Value, type Work } from "@pawl/core";
import type { BatchColumn } from "@pawl/history";
import type { Acknowledgement, OnlineStore } from "@pawl/present";
import type { Ports } from "../ports.ts";
import { columnPlan } from "./column-view.ts";
import { FactFiles } from "./fact-files.ts";

export interface LoadFacts {
  readonly source: string;
  /** Only facts with eventTime in [from, until). */
  readonly from?: InstantInput;
  readonly until?: InstantInput;
}

/**
 * Reads a source's files into the present, in the files' order, so that it knows what history knows. From
 * then on history reads the files for these facts and the log for all that came later.
 */
export async function loadFacts(
  ports: Ports,
  present: OnlineStore,
  request: LoadFacts,
  work: Work = {},
): Promise<Acknowledgement> {
  const source = findSource(ports, request.source);
  const facts = readFacts(ports, source, request, work);
  const done = await present.pushStream(source.name, facts, work);
  new FactFiles(ports.factFolder).baseLoaded(source.name, done.sequence);
  return done;
}

/** A source by name; `not_found` lists what there is. */
export function findSource(ports: Ports, name: string): Source {
  const found = ports.catalog.sources.get(name);
  if (found) return found;
  throw new PawlError("not_found", `There is no source "${name}".`, {
    found: name,
    expected: `one of ${[...ports.catalog.sources.keys()].join(", ")}`,
  });
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
