import type { Definition, DefinitionPlan, PlanOptions } from "@pawl/ledger";
import {
  type AggregateNode,
  type FeatureGroup,
  formatDuration,
  type Source,
  walk,
  type Work,
} from "@pawl/core";
import type { Ports } from "./ports.ts";

/** What a source costs to read, found by looking at it. */
export interface SourceCost {
  readonly source: string;
  readonly rows: number | undefined;
  /** Why it could not be looked at; the definitions may be applied before the data is there. */
  readonly problem?: string;
}

/** What a group of features asks of every engine. */
export interface GroupCost {
  readonly group: string;
  readonly features: number;
  readonly aggregates: number;
  /** The longest stretch of facts kept at hand; "lifetime" when there is no bound. */
  readonly reach: string;
  /** Facts a backfill reads. */
  readonly facts: number | undefined;
}

export interface ApplyPlan {
  readonly plan: DefinitionPlan;
  readonly sources: readonly SourceCost[];
  readonly groups: readonly GroupCost[];
}

/** What applying the project's definitions would change and cost. Changes nothing. */
export async function planApply(
  ports: Ports,
  options: PlanOptions = {},
  work: Work = {},
): Promise<ApplyPlan> {
  const plan = await ports.ledger.definitions.plan(ledgerDocuments(ports), options);
  return { plan, ...(await costs(ports, plan, work)) };
}

/**
 * Applies the project's definitions in one transaction. `definition_conflict` when a name would get another
 * meaning; then nothing is changed.
 */
export async function apply(ports: Ports, options: PlanOptions = {}, work: Work = {}): Promise<ApplyPlan> {
  const plan = await ports.ledger.definitions.apply(ledgerDocuments(ports), options);
  return { plan, ...(await costs(ports, plan, work)) };
}

function ledgerDocuments(ports: Ports): Definition[] {
  return ports.catalog.documents.map((d) => ({ ...d, document: d.document as Definition["document"] }));
}

async function costs(
  ports: Ports,
  plan: DefinitionPlan,
  work: Work,
): Promise<{ sources: SourceCost[]; groups: GroupCost[] }> {
  const touched = plan.changes.filter((c) => c.change !== "unchanged" && c.change !== "removed");
  const names = (kind: string): Set<string> =>
    new Set(touched.filter((c) => c.definition.kind === kind).map((c) => c.definition.name));
  const groupNames = names("group");
  const groups = [...ports.catalog.groups.values()].filter((group) => groupNames.has(group.name));
  const sourceNames = new Set([...names("source"), ...groups.map((group) => group.source.name)]);
  const sources: SourceCost[] = [];
  for (const name of sourceNames) {
    const source = ports.catalog.sources.get(name);
    if (source) sources.push(await sourceCost(ports, source, work));
  }
  return { sources, groups: groups.map((group) => groupCost(group, sources)) };
}

async function sourceCost(ports: Ports, source: Source, work: Work): Promise<SourceCost> {
  if (!source.from) return { source: source.name, rows: undefined, problem: "its facts are pushed" };
  try {
    const found = await ports.history.inspect(source, work);
    const [problem] = found.problems;
    return { source: source.name, rows: found.rows, ...(problem && { problem: problem.message }) };
  } catch (thrown) {
    if (work.signal?.aborted) throw thrown;
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    return { source: source.name, rows: undefined, problem };
  }
}

function groupCost(group: FeatureGroup, sources: readonly SourceCost[]): GroupCost {
  const aggregates: AggregateNode[] = [];
  for (const feature of group.features) {
    walk(feature.node, (node) => {
      if (node.op === "aggregate") aggregates.push(node);
    });
  }
  const reaches = aggregates.map(({ window }) =>
    window.width === undefined ? Number.POSITIVE_INFINITY : window.width + (window.lag ?? 0),
  );
  const reach = Math.max(0, ...reaches);
  return {
    group: group.name,
    features: group.features.length,
    aggregates: aggregates.length,
    reach: Number.isFinite(reach)
      ? formatDuration(reach as Parameters<typeof formatDuration>[0])
      : "lifetime",
    facts: sources.find((s) => s.source === group.source.name)?.rows,
  };
}
