import { canonicalJson, canonicalNode, type Json } from "../definitions/canonical.ts";
import { findFeature } from "../definitions/catalog.ts";
import {
  type AggregateNode,
  type ExprNode,
  type FeatureNode,
  rewrite,
} from "../definitions/expression-node.ts";
import type { FeatureGroup } from "../definitions/feature-group.ts";
import type { Kind } from "../definitions/kind.ts";
import type { OnDemand } from "../definitions/on-demand.ts";
import { columnKind, type Source } from "../definitions/source.ts";
import type { View } from "../definitions/view.ts";
import { PawlError } from "../errors.ts";

/**
 * What any engine must do to fill the rows of a view: look up some aggregates per (source, key), then
 * compute each output from the spine row, `asOf` and those aggregates. The same plan serves history,
 * present and the oracle.
 */
export interface Plan {
  readonly lookups: readonly Lookup[];
  readonly outputs: readonly Output[];
  /**
   * Models whose prediction is an input: an engine takes it as one more column of the row, named by `slot`,
   * from whoever runs models. Engines that get no such column refuse the plan.
   */
  readonly models: readonly { readonly slot: string; readonly model: string }[];
}

/** Aggregates over the facts of one source whose `by` columns equal the row's `columns`. */
export interface Lookup {
  readonly source: Source;
  /** Columns of the source that hold the key. */
  readonly by: readonly string[];
  /** Columns of the spine row that hold the same key, in the same order. */
  readonly columns: readonly string[];
  /** Distinct aggregates, each under a slot name such as `$0.3`, which no user column can have. */
  readonly aggregates: readonly { readonly slot: string; readonly node: AggregateNode }[];
}

/**
 * A column of the result. In `node` every aggregate is replaced by a column node named after its slot;
 * other column nodes are spine columns. On-demand outputs have such nodes as inputs of their function.
 */
export interface Output {
  readonly name: string;
  readonly kind: Kind;
  readonly node?: ExprNode;
  readonly onDemand?: { readonly use: OnDemand; readonly inputs: Readonly<Record<string, ExprNode>> };
}

interface Building {
  readonly source: Source;
  readonly by: readonly string[];
  readonly columns: readonly string[];
  readonly slots: Map<string, { slot: string; node: AggregateNode }>;
}

/** Plans a view. `groups` are all known groups by name (a catalog's), for references. */
export function plan(view: View, groups: ReadonlyMap<string, FeatureGroup>): Plan {
  const lookups = new Map<string, Building>();
  const models = new Map<string, { slot: string; model: string }>();

  const resolved = (node: ExprNode): ExprNode =>
    rewrite(node, (inner) => {
      if (inner.op !== "feature") return inner;
      if (isPrediction(inner, groups)) {
        const slot = predictionSlot(inner.group);
        models.set(inner.group, { slot, model: inner.group });
        return { op: "column", kind: "float", name: slot };
      }
      const { group, feature } = findFeature(inner.group, inner.feature, groups);
      const columns = inner.on ?? spineColumnsFor(view, group);
      checkKeys(view, group, columns);
      return rewrite(feature.node, (leaf) =>
        leaf.op === "aggregate" ? slotFor(group, columns, leaf) : leaf,
      );
    });

  const slotFor = (group: FeatureGroup, columns: readonly string[], node: AggregateNode): ExprNode => {
    const place = JSON.stringify([group.source.name, group.by, columns]);
    let lookup = lookups.get(place);
    if (!lookup) {
      lookup = { source: group.source, by: group.by, columns, slots: new Map() };
      lookups.set(place, lookup);
    }
    const canonical = canonicalNode(node) as AggregateNode;
    const meaning = canonicalJson(canonical as unknown as Json);
    let slot = lookup.slots.get(meaning);
    if (!slot) {
      const position = [...lookups.keys()].indexOf(place);
      slot = { slot: `$${position}.${lookup.slots.size}`, node: canonical };
      lookup.slots.set(meaning, slot);
    }
    // A slot is a column of the row being filled; list kinds exist here only.
    return { op: "column", kind: node.kind as "float", name: slot.slot };
  };

  const outputs = view.columns.map((column): Output => {
    const { name, kind } = column;
    if (column.node) return { name, kind, node: resolved(column.node) };
    if (!column.onDemand)
      throw new PawlError("internal", `Column "${name}" of view "${view.name}" has no meaning.`);
    const inputs = Object.entries(column.onDemand.inputs).map(
      ([input, e]) => [input, resolved(e.node)] as const,
    );
    return { name, kind, onDemand: { use: column.onDemand, inputs: Object.fromEntries(inputs) } };
  });

  return {
    lookups: [...lookups.values()].map(({ source, by, columns, slots }) => ({
      source,
      by,
      columns,
      aggregates: [...slots.values()],
    })),
    outputs,
    models: [...models.values()],
  };
}

/** The name of the row column that holds a model's prediction; no user column can have it. */
export function predictionSlot(model: string): string {
  return `$model.${model}`;
}

function isPrediction(node: FeatureNode, groups: ReadonlyMap<string, FeatureGroup>): boolean {
  return node.feature === "prediction" && !groups.has(node.group);
}

/**
 * Which spine columns hold a group's key: those of the same names, or else, for a key of one entity,
 * the only spine column of that entity. Anything less clear is refused.
 */
function spineColumnsFor(view: View, group: FeatureGroup): readonly string[] {
  if (group.by.every((column) => Object.hasOwn(view.spine, column))) return group.by;
  return group.by.map((column) => {
    if (Object.hasOwn(view.spine, column)) return column;
    const declared = group.source.columns[column];
    const entity = declared && "definition" in declared ? declared.name : undefined;
    const fits = Object.entries(view.spine)
      .filter(([, c]) => entity !== undefined && "definition" in c && c.name === entity)
      .map(([name]) => name);
    if (fits.length === 1 && fits[0] !== undefined) return fits[0];
    throw new PawlError(
      "invalid_definition",
      `View "${view.name}" does not say whose "${group.name}" is meant.`,
      {
        found:
          fits.length === 0
            ? `no spine column for "${column}"`
            : `${fits.join(" and ")} could both be "${column}"`,
        expected: `one spine column that holds "${column}"`,
        next: `List the group as ${group.name}.on("…") with the spine column to look it up by.`,
      },
    );
  });
}

function checkKeys(view: View, group: FeatureGroup, columns: readonly string[]): void {
  for (const [i, column] of columns.entries()) {
    const by = group.by[i];
    const theirs = by === undefined ? undefined : group.source.columns[by];
    const ours = Object.hasOwn(view.spine, column) ? view.spine[column] : undefined;
    if (!ours) {
      throw new PawlError(
        "invalid_definition",
        `The spine of view "${view.name}" has no column "${column}".`,
        {
          expected: `one of ${Object.keys(view.spine).join(", ")}`,
        },
      );
    }
    if (!theirs) continue;
    const otherKind = columnKind(ours) !== columnKind(theirs);
    const otherEntity = "definition" in ours && "definition" in theirs && ours.name !== theirs.name;
    if (!otherKind && !otherEntity) continue;
    throw new PawlError(
      "invalid_definition",
      `"${column}" is no key for "${group.name}" in view "${view.name}".`,
      {
        found: "definition" in ours ? `${ours.name} (${columnKind(ours)})` : columnKind(ours),
        expected: "definition" in theirs ? `${theirs.name} (${columnKind(theirs)})` : columnKind(theirs),
      },
    );
  }
}
