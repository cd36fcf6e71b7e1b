import {
  columnKind,
  type Evaluate,
  type ExprNode,
  type FeatureGroup,
  type Instant,
  type Lookup,
  outputEvaluators,
  PawlError,
  plan as planOf,
  type Kind,
  type Scalar,
  type ScalarKind,
  type Value,
  type View,
  walk,
} from "@pawl/core";
import { keyText, Problem, readValue } from "../facts/fact-schema.ts";
import type { RowInput, ValueStatus } from "../present.ts";
import type { FactIndex } from "../state/fact-index.ts";
import type { State } from "../state/state.ts";
import { LookupReader } from "./lookup-reader.ts";

/** A row being filled, as the outputs' expressions read it. */
interface Filling {
  readonly row: (Scalar | null)[];
  /** Values of aggregates, one list per lookup. */
  readonly slots: Value[][];
  asOf: number;
}

interface LookupPlan {
  readonly lookup: Lookup;
  readonly index: FactIndex;
  readonly reader: LookupReader;
  /** Positions of the key's columns in the row. */
  readonly key: readonly number[];
  /** How far back it looks; Infinity for a lifetime. */
  readonly reach: number;
}

interface OutputPlan {
  readonly evaluate: Evaluate<Filling>;
  /** Which lookups it is made from. */
  readonly lookups: readonly number[];
  /** How old the newest fact may be, in µs; Infinity for any age. */
  readonly maxAge: number;
}

const never = Number.NEGATIVE_INFINITY;

export interface FilledRow {
  readonly values: readonly Value[];
  readonly statuses: readonly ValueStatus[];
  readonly eventTimes: readonly (Instant | null)[];
}

/** Fills rows of one view; compiled once. */
export class ViewReader {
  readonly names: readonly string[];
  readonly kinds: readonly Kind[];
  private readonly view: View;
  private readonly columns: readonly {
    readonly name: string;
    readonly kind: ScalarKind;
    readonly isKey: boolean;
  }[];
  private readonly lookups: readonly LookupPlan[];
  private readonly outputs: readonly OutputPlan[];
  private readonly filling: Filling;
  private readonly newest: Float64Array;

  constructor(
    view: View,
    groups: ReadonlyMap<string, FeatureGroup>,
    state: State,
    maxAge: ReadonlyMap<string, number>,
  ) {
    const plan = planOf(view, groups);
    this.view = view;
    this.names = plan.outputs.map(({ name }) => name);
    this.kinds = plan.outputs.map(({ kind }) => kind);
    const keys = new Set(plan.lookups.flatMap(({ columns }) => columns));
    const used = new Set(keys);
    const nodesOf = (output: (typeof plan.outputs)[number]): readonly ExprNode[] =>
      output.node ? [output.node] : Object.values(output.onDemand?.inputs ?? {});
    for (const node of plan.outputs.flatMap(nodesOf)) {
      walk(node, (inner) => {
        if (inner.op === "column" && Object.hasOwn(view.spine, inner.name)) used.add(inner.name);
      });
    }
    // Predictions of other models come with the row, from whoever runs them.
    const predictions = new Set(plan.models.map(({ slot }) => slot));
    this.columns = [...used, ...predictions].map((name) => {
      if (predictions.has(name)) return { name, kind: "float", isKey: false };
      const column = view.spine[name];
      if (!column) throw new PawlError("internal", `View "${view.name}" has no column "${name}".`);
      return { name, kind: columnKind(column), isKey: keys.has(name) };
    });
    const place = new Map(this.columns.map(({ name }, i) => [name, i]));
    this.lookups = plan.lookups.map((lookup) => lookupPlan(view, lookup, state, place));
    const slotPlace = new Map<string, readonly [number, number]>();
    for (const [i, { aggregates }] of plan.lookups.entries()) {
      for (const [j, { slot }] of aggregates.entries()) slotPlace.set(slot, [i, j]);
    }
    const evaluators = outputEvaluators<Filling>(plan, (leaf) => {
      if (leaf.op === "asOf") return ({ asOf }) => asOf;
      if (leaf.op !== "column") throw new PawlError("internal", `A plan has no ${leaf.op} in its outputs.`);
      const slot = slotPlace.get(leaf.name);
      if (slot) {
        const [i, j] = slot;
        return ({ slots }) => (slots[i] as Value[])[j] as Value;
      }
      const position = place.get(leaf.name) as number;
      return ({ row }) => row[position] as Scalar | null;
    });
    this.outputs = plan.outputs.map((output, i) => {
      const lookups = new Set<number>();
      for (const node of nodesOf(output)) {
        walk(node, (inner) => {
          const slot = inner.op === "column" ? slotPlace.get(inner.name) : undefined;
          if (slot) lookups.add(slot[0]);
        });
      }
      return {
        evaluate: evaluators[i] as Evaluate<Filling>,
        lookups: [...lookups],
        maxAge: maxAgeOf(view, i, maxAge),
      };
    });
    this.filling = {
      row: this.columns.map(() => null),
      slots: plan.lookups.map(({ aggregates }) => aggregates.map(() => null)),
      asOf: 0,
    };
    this.newest = new Float64Array(this.lookups.length);
  }

  /** Fills one row. The caller's row may have columns the view does not use. */
  fill(input: RowInput, asOf: number, position: number): FilledRow {
    const { filling, lookups, outputs, newest } = this;
    this.readRow(input, position);
    filling.asOf = asOf;
    for (let i = 0; i < lookups.length; i++) newest[i] = this.look(i, asOf);
    const values: Value[] = [];
    const statuses: ValueStatus[] = [];
    const eventTimes: (Instant | null)[] = [];
    for (const { evaluate, lookups: used, maxAge } of outputs) {
      let latest = never;
      let backfilling = false;
      for (const i of used) {
        if ((newest[i] as number) > latest) latest = newest[i] as number;
        if ((lookups[i] as LookupPlan).index.backfill) backfilling = true;
      }
      const value = backfilling ? null : evaluate(filling);
      values.push(value);
      eventTimes.push(latest === never || backfilling ? null : (latest as Instant));
      if (backfilling) statuses.push("backfilling");
      else if (used.length > 0 && latest === never) statuses.push("not_found");
      else if (used.length > 0 && latest < asOf - maxAge) statuses.push("outside_max_age");
      else statuses.push(value === null ? "null" : "present");
    }
    return { values, statuses, eventTimes };
  }

  /** Fills the slots of a lookup; gives the eventTime of the newest fact known of its key. */
  private look(position: number, asOf: number): number {
    const { index, reader, key, lookup, reach } = this.lookups[position] as LookupPlan;
    const slots = this.filling.slots[position] as Value[];
    const { row } = this.filling;
    if (asOf - reach < index.forgotten) throw this.tooFarBack(lookup, asOf);
    let text: string | undefined;
    if (key.every((i) => row[i] !== null)) text = keyText(row, key);
    const timeline = text === undefined ? undefined : index.timeline(text);
    if (!timeline || timeline.root.count === 0) {
      reader.empty(asOf, slots);
      return never;
    }
    reader.read(timeline, asOf, slots);
    const newest = reader.newest(timeline, asOf);
    index.account(timeline);
    return newest;
  }

  private tooFarBack(lookup: Lookup, asOf: number): PawlError {
    return new PawlError(
      "unsupported",
      `The facts of "${lookup.source.name}" this needs were forgotten here.`,
      {
        found: `view "${this.view.name}" as of ${new Date(asOf / 1000).toISOString()}`,
        next: "Ask the history engine, which has all facts.",
      },
    );
  }

  private readRow(input: RowInput, position: number): void {
    const { row } = this.filling;
    for (let i = 0; i < this.columns.length; i++) {
      const { name, kind, isKey } = this.columns[i] as { name: string; kind: ScalarKind; isKey: boolean };
      const given = input[name];
      if (given === undefined && isKey) throw this.badRow(position, `"${name}" is missing`);
      const value = readValue(kind, given);
      if (value instanceof Problem) throw this.badRow(position, `"${name}" ${value.message}`);
      row[i] = value;
    }
  }

  private badRow(position: number, found: string): PawlError {
    const keys = this.columns.map(({ name, kind, isKey }) => `${name} (${kind}${isKey ? ", key" : ""})`);
    return new PawlError("invalid_input", `Row ${position} is no row of view "${this.view.name}".`, {
      found,
      expected: keys.join(", "),
      details: { row: position },
    });
  }
}

function lookupPlan(
  view: View,
  lookup: Lookup,
  state: State,
  place: ReadonlyMap<string, number>,
): LookupPlan {
  const index = state.indexFor(lookup.source.name, lookup.by);
  if (!index) {
    throw new PawlError("conflict", `View "${view.name}" uses features that are not in use here.`, {
      found: `${lookup.source.name} by ${lookup.by.join(", ")}`,
      next: "Apply the definitions that hold them first.",
    });
  }
  const nodes = lookup.aggregates.map(({ node }) => node);
  const reaches = nodes.map(({ window }) => (window.width ?? Number.POSITIVE_INFINITY) + (window.lag ?? 0));
  return {
    lookup,
    index,
    reader: new LookupReader(nodes, index.states, index.shape),
    key: lookup.columns.map((column) => place.get(column) as number),
    reach: Math.max(...reaches),
  };
}

function maxAgeOf(view: View, output: number, maxAge: ReadonlyMap<string, number>): number {
  const column = view.columns[output];
  const groups: string[] = [];
  const nodes = column?.node
    ? [column.node]
    : Object.values(column?.onDemand?.inputs ?? {}).map((e) => e.node);
  for (const node of nodes) {
    walk(node, (inner) => {
      if (inner.op === "feature") groups.push(inner.group);
    });
  }
  return Math.min(...groups.map((group) => maxAge.get(group) ?? Number.POSITIVE_INFINITY));
}
