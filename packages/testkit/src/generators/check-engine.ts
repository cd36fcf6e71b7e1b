import {
  type AggregateNode,
  type Catalog,
  type ExprNode,
  type Plan,
  PawlError,
  type View,
  walk,
} from "@pawl/core";
import fc from "fast-check";
import { compareValues, shown } from "../oracle/compare-values.ts";
import type { Facts, Row } from "../oracle/facts.ts";
import { type Expectation, expectations } from "../oracle/oracle.ts";
import { factsLearnedAfter, type World, worlds } from "./world.ts";

/** What an engine is asked: fill the spine's rows with the outputs of the plan, each as of its own moment. */
export interface EngineQuestion {
  readonly catalog: Catalog;
  readonly view: View;
  readonly plan: Plan;
  readonly spine: readonly Row[];
  /** The spine column with each row's moment; null there sees no fact. */
  readonly asOf: string;
  /** Facts by source name. Floats may be NaN or ±∞, which an engine reads as null. */
  readonly facts: Facts;
}

export interface TestedEngine {
  readonly name: string;
  /** One row of outputs by name for each row of the spine, in its order. */
  fill(question: EngineQuestion): Promise<readonly Row[]> | readonly Row[];
  /** Why the engine cannot do a node; it must then refuse it with the code `unsupported`. */
  unsupported?(node: ExprNode): string | undefined;
}

export interface CheckEngineOptions {
  /** Which laws; default all. */
  readonly laws?: readonly EngineLaw[];
  /** How many random worlds for each law. Default 100. */
  readonly runs?: number;
  /** Look for the smallest counterexample, not just any? Default true. */
  readonly shrink?: boolean;
  /** Repeats a failure. */
  readonly seed?: number;
  readonly path?: string;
  /** How far floating sums may be off, relative to the sum of their magnitudes. Default 10⁻¹². */
  readonly tolerance?: number;
}

/** The laws an engine is held to, in the words they fail with. */
export const engineLaws = [
  "one answer: every value is the oracle's",
  "no future: facts learned at or after asOf change nothing",
  "no row lost: the rows of the spine, in its order, twice where they are there twice",
  "the order of facts does not matter",
  "what cannot be done is refused by name",
] as const;
export type EngineLaw = (typeof engineLaws)[number];

/**
 * Holds an engine to the laws over random definitions, facts and rows; throws with the smallest
 * counterexample found. `it.each(engineLaws)("%s", (law) => checkEngine(engine, { laws: [law] }))`.
 */
export async function checkEngine(engine: TestedEngine, options: CheckEngineOptions = {}): Promise<void> {
  const { laws = engineLaws, runs = 100, shrink = true, seed, path, tolerance = 1e-12 } = options;
  const parameters: fc.Parameters<unknown> = {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
    endOnFailure: !shrink,
  };
  for (const law of laws) {
    if (law === engineLaws[4] && !engine.unsupported) continue;
    const hold = (world: World): Promise<void> => holdLaw(engine, law, world, tolerance);
    await fc.assert(fc.asyncProperty(worlds, hold), parameters);
  }
}

async function holdLaw(engine: TestedEngine, law: EngineLaw, world: World, tolerance: number): Promise<void> {
  const refused = world.plan.outputs.some((_, i) => reasonAgainst(engine, world.plan, i) !== undefined);
  if (law === engineLaws[4]) {
    if (refused) await mustRefuse(engine, world);
    return;
  }
  const asked = refused ? within(engine, world) : world;
  const expected = expectations(asked, { tolerance });
  const ask = async (question: World): Promise<readonly Row[]> => {
    const rows = await engine.fill(question);
    requireRows(question, rows);
    return rows;
  };
  if (law === engineLaws[0]) requireSame(asked, expected, await ask(asked), "the oracle");
  if (law === engineLaws[1]) await mustNotSeeTheFuture(asked, expected, ask);
  if (law === engineLaws[2]) requireRows(asked, await engine.fill(asked));
  if (law === engineLaws[3]) {
    const reversed = Object.entries(asked.facts).map(([name, rows]) => [name, [...rows].reverse()] as const);
    const other = await ask({ ...asked, facts: Object.fromEntries(reversed) });
    requireSame(asked, around(await ask(asked), expected, asked), other, "the facts in another order");
  }
}

async function mustNotSeeTheFuture(
  world: World,
  expected: readonly Expectation[][],
  ask: (world: World) => Promise<readonly Row[]>,
): Promise<void> {
  const moments = world.spine.map((row) => row[world.asOf]).filter((at) => typeof at === "number");
  // From the middle one of the moments asked about on, everything may change; nothing before may.
  const moment = [...moments].sort((a, b) => a - b)[Math.floor(moments.length / 2)];
  if (moment === undefined) return;
  const kept = world.spine
    .map((row, i) => ({ row, expected: expected[i] ?? [] }))
    .filter(({ row }) => typeof row[world.asOf] === "number" && (row[world.asOf] as number) <= moment);
  const past: World = { ...world, spine: kept.map(({ row }) => row) };
  const late = factsLearnedAfter(world, world.more, moment);
  const later = Object.entries(world.facts).map(
    ([name, rows]) => [name, [...rows, ...(late[name] ?? [])]] as const,
  );
  const before = await ask(past);
  const after = await ask({ ...past, facts: Object.fromEntries(later) });
  const allowed = around(
    before,
    kept.map((row) => row.expected),
    past,
  );
  requireSame(past, allowed, after, `more facts learned from ${moment} on`);
}

/** The engine's own values as what is expected, with the oracle's error. */
function around(rows: readonly Row[], expected: readonly Expectation[][], world: World): Expectation[][] {
  return rows.map((row, i) =>
    world.plan.outputs.map((output, n) => {
      const { error = 0, others = [] } = expected[i]?.[n] ?? {};
      return { value: row[output.name] ?? null, error, others };
    }),
  );
}

function requireRows(world: World, rows: readonly Row[]): void {
  const positions = rows.map((row) => row["position"]);
  const wanted = world.spine.map((row) => row["position"]);
  if (shown(positions) === shown(wanted)) return;
  throw new Error(`Rows were lost, moved or made up: expected ${shown(wanted)}, got ${shown(positions)}.`);
}

function requireSame(
  world: World,
  expected: readonly (readonly Expectation[])[],
  rows: readonly Row[],
  against: string,
): void {
  const wrong: string[] = [];
  for (const [i, row] of rows.entries()) {
    for (const [n, { name, kind }] of world.plan.outputs.entries()) {
      const actual = row[name];
      const { value, error, others } = expected[i]?.[n] ?? { value: null, error: 0, others: [] };
      const miss =
        actual === undefined ? "there is no such column" : compareValues(value, actual, kind, error);
      if (miss === undefined || others.some((other) => shown(other) === shown(actual))) continue;
      wrong.push(`row ${i}, ${name} (${kind}): ${miss}`);
    }
  }
  if (wrong.length > 0) throw new Error(`Against ${against}:\n${wrong.slice(0, 10).join("\n")}`);
}

async function mustRefuse(engine: TestedEngine, world: World): Promise<void> {
  try {
    await engine.fill(world);
  } catch (error) {
    if (error instanceof PawlError && error.code === "unsupported") return;
    throw error;
  }
  const reasons = world.plan.outputs.map((_, i) => reasonAgainst(engine, world.plan, i));
  throw new Error(
    `${engine.name} did what it says it cannot: ${reasons.find((reason) => reason !== undefined)}`,
  );
}

/** Why the engine cannot do an output, over all nodes it is made of. */
function reasonAgainst(engine: TestedEngine, plan: Plan, position: number): string | undefined {
  const output = plan.outputs[position];
  const roots = output?.node ? [output.node] : Object.values(output?.onDemand?.inputs ?? {});
  let reason: string | undefined;
  const ask = (node: ExprNode): void => {
    reason ??= engine.unsupported?.(node);
    const slot = node.op === "column" ? slotNode(plan, node.name) : undefined;
    if (slot) walk(slot, ask);
  };
  for (const root of roots) walk(root, ask);
  return reason;
}

function slotNode(plan: Plan, name: string): AggregateNode | undefined {
  for (const { aggregates } of plan.lookups) {
    const found = aggregates.find(({ slot }) => slot === name);
    if (found) return found.node;
  }
  return undefined;
}

/** The world without the outputs the engine cannot do, and the aggregates only they need. */
function within(engine: TestedEngine, world: World): World {
  const outputs = world.plan.outputs.filter((_, i) => reasonAgainst(engine, world.plan, i) === undefined);
  const lookups = world.plan.lookups
    .map((lookup) => ({
      ...lookup,
      aggregates: lookup.aggregates.filter(({ node }) => {
        let able = true;
        walk(node, (inner) => {
          able &&= engine.unsupported?.(inner) === undefined;
        });
        return able;
      }),
    }))
    .filter((lookup) => lookup.aggregates.length > 0);
  const names = new Set(outputs.map((output) => output.name));
  const columns = world.view.columns.filter((column) => names.has(column.name));
  return { ...world, view: { ...world.view, columns }, plan: { ...world.plan, lookups, outputs } };
}
