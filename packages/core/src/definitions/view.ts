import { PawlError } from "../errors.ts";
import type { CalendarUse } from "./calendar.ts";
import { Expr } from "./expression.ts";
import { type ExprNode, predictionNode, walk } from "./expression-node.ts";
import type { FeatureExprs, FeatureGroup, GroupUse } from "./feature-group.ts";
import type { JsOf, Kind } from "./kind.ts";
import type { Model } from "./model.ts";
import { checkName, checkVersion, type Described } from "./name.ts";
import type { OnDemand } from "./on-demand.ts";
import { type Column, columnKind, type ColumnKind, type Columns } from "./source.ts";

/**
 * What a view may list, for a spine with columns C: a group or part of one, a spine column by name,
 * a calendar encoding, an on-demand feature, another model, or named expressions over features and spine
 * columns. A model listed needs the columns its own view reads among the spine's.
 */
export type ViewItem<C extends Columns = Columns> =
  | (keyof C & string)
  | FeatureGroup
  | GroupUse
  | CalendarUse<TimestampColumn<C>>
  | OnDemand
  | Model
  | FeatureExprs;

type TimestampColumn<C extends Columns> = {
  [N in keyof C]: ColumnKind<C[N]> extends "timestamp" ? N : never;
}[keyof C] &
  string;

/** One column of a view: an expression over the spine row and features, or an on-demand function of such. */
export interface ViewColumn {
  readonly name: string;
  readonly kind: Kind;
  /** Absent for on-demand features. */
  readonly node?: ExprNode;
  readonly onDemand?: OnDemand;
  /** The group the column came from, for those listed as features. */
  readonly from?: { readonly group: string; readonly feature: string };
}

/** A chosen list of features for one purpose, for spine rows of a given shape. */
export interface View<N extends string = string, C extends Columns = Columns, V = unknown> extends Described {
  readonly definition: "view";
  readonly name: N;
  readonly version: number;
  /** The spine columns a row may have. */
  readonly spine: C;
  readonly columns: readonly ViewColumn[];
  readonly groups: readonly FeatureGroup[];
  /** Models whose predictions are listed. */
  readonly models: readonly Model[];
  /** Carries the static type of a row of values; never set. */
  readonly valuesType?: V;
}

/** The static type of the values of a list of items: column name → value or null. */
export type ViewValues<C extends Columns, I extends readonly unknown[]> = Flat<
  UnionToIntersection<{ [X in keyof I]: ItemValues<C, I[X]> }[number]>
>;

type ItemValues<C extends Columns, I> = I extends keyof C & string
  ? { readonly [N in I]: JsOf<ColumnKind<C[N]>> | null }
  : I extends FeatureGroup<infer G, infer F>
    ? GroupValues<G, F>
    : I extends Model<infer N>
      ? { readonly [X in `${N}.prediction`]: number | null }
      : I extends GroupUse<infer G, infer F>
        ? GroupValues<G, F>
        : I extends CalendarUse
          ? { readonly [N in `${I["column"]}_${string}`]: number | null }
          : I extends OnDemand<infer N, infer K>
            ? { readonly [X in N]: JsOf<K> | null }
            : I extends FeatureExprs
              ? { readonly [N in keyof I]: JsOf<I[N]["kindType"]> | null }
              : unknown;

type GroupValues<G extends string, F extends FeatureExprs> = {
  readonly [N in keyof F & string as `${G}.${N}`]: JsOf<F[N]["kindType"]> | null;
};

type UnionToIntersection<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void
  ? I
  : never;
type Flat<T> = { [K in keyof T]: T[K] };

export interface ViewOptions<C extends Columns, I extends readonly ViewItem<C>[]> extends Described {
  /** The shape of the rows to be filled: a source, or columns of one's own. */
  readonly spine: C | { readonly columns: C };
  readonly items: I;
  readonly version?: number;
}

/** Defines a view: `view("departure_board", { spine: flights, items: [departures, "distance"] })`. */
export function view<const N extends string, C extends Columns, const I extends readonly ViewItem<C>[]>(
  name: N,
  options: ViewOptions<C, I>,
): View<N, C, ViewValues<C, I>> {
  checkName(name, "view");
  const { spine, items, version = 1, ...described } = options;
  checkVersion(version, "view", name);
  const columns = spineColumns<C>(spine);
  const groups = new Map<string, FeatureGroup>();
  const models = new Map<string, Model>();
  const listed = items.flatMap((item) => viewColumns(name, columns, item, groups, models));
  const seen = new Set<string>();
  for (const column of listed) {
    if (seen.has(column.name)) {
      throw new PawlError("invalid_definition", `View "${name}" lists "${column.name}" twice.`, {
        next: "Drop one, or give one of them another name: { other_name: group.f.feature }.",
      });
    }
    seen.add(column.name);
    for (const node of columnNodes(column)) checkScope(name, columns, column.name, node);
  }
  if (listed.length === 0) throw new PawlError("invalid_definition", `View "${name}" lists nothing.`);
  return {
    definition: "view",
    ...described,
    name,
    version,
    spine: columns,
    columns: listed,
    groups: [...groups.values()],
    models: [...models.values()],
  };
}

function spineColumns<C extends Columns>(spine: C | { readonly columns: C }): C {
  return "columns" in spine && !isColumn(spine["columns"]) ? (spine["columns"] as C) : (spine as C);
}

const isColumn = (value: unknown): value is Column =>
  typeof value === "object" && value !== null && ("kind" in value || "definition" in value);

/** The expressions a view column is made of. */
export function columnNodes(column: ViewColumn): ExprNode[] {
  if (column.node) return [column.node];
  return Object.values(column.onDemand?.inputs ?? {}).map((input) => input.node);
}

type AnyItem = string | FeatureGroup | GroupUse | CalendarUse | OnDemand | Model | FeatureExprs;

function viewColumns(
  view: string,
  spine: Columns,
  item: AnyItem,
  groups: Map<string, FeatureGroup>,
  models: Map<string, Model>,
): ViewColumn[] {
  if (typeof item === "string") {
    const column = declared(spine, item);
    if (!column) throw unknownColumn(view, spine, item);
    const kind = columnKind(column);
    return [{ name: item, kind, node: { op: "column", kind, name: item } }];
  }
  if ("definition" in item && !(item["definition"] instanceof Expr)) {
    if (item["definition"] === "model") return [modelColumn(view, item as Model, models)];
    const group = item as FeatureGroup;
    return groupColumns(
      group,
      group.features.map((f) => f.name),
      undefined,
      groups,
    );
  }
  if ("use" in item && !(item["use"] instanceof Expr)) {
    const used = item as GroupUse | CalendarUse | OnDemand;
    if (used.use === "group") return groupColumns(used.group, used.names, used.columns, groups);
    if (used.use === "calendar")
      return used.outputs.map(({ name, node }) => ({ name, kind: node.kind, node }));
    return [{ name: used.name, kind: used.returns, onDemand: used }];
  }
  return Object.entries(item as FeatureExprs).map(([name, expr]) => {
    checkName(name, "view column");
    return { name, kind: expr.kind, node: expr.node };
  });
}

function modelColumn(view: string, model: Model, models: Map<string, Model>): ViewColumn {
  if (model.task === "multiclass") {
    throw new PawlError(
      "invalid_definition",
      `View "${view}" lists "${model.name}", which has several classes.`,
      {
        expected: "a model of yes/no or of a number, whose prediction is one number",
      },
    );
  }
  models.set(model.name, model);
  const node = predictionNode(model.name);
  const from = { group: model.name, feature: "prediction" };
  return { name: `${model.name}.prediction`, kind: "float", node, from };
}

function groupColumns(
  group: FeatureGroup,
  names: readonly string[],
  on: readonly string[] | undefined,
  groups: Map<string, FeatureGroup>,
): ViewColumn[] {
  groups.set(group.name, group);
  const prefix = on ? `${group.name}@${on.join("_")}` : group.name;
  return names.map((feature) => {
    const kind = group.features.find((f) => f.name === feature)?.node.kind ?? "float";
    const node: ExprNode = { op: "feature", kind, group: group.name, feature, ...(on && { on }) };
    return { name: `${prefix}.${feature}`, kind, node, from: { group: group.name, feature } };
  });
}

function checkScope(view: string, spine: Columns, column: string, node: ExprNode): void {
  const check = (inner: ExprNode): void => {
    if (inner.op === "aggregate") {
      throw new PawlError(
        "invalid_definition",
        `Column "${column}" of view "${view}" aggregates facts directly.`,
        {
          next: "Define the aggregate as a feature of a group first; the group says which entity it is about.",
        },
      );
    }
    if (inner.op !== "column") return;
    const known = declared(spine, inner.name);
    if (!known) throw unknownColumn(view, spine, inner.name);
    if (columnKind(known) === inner.kind) return;
    throw new PawlError("invalid_definition", `View "${view}" uses "${inner.name}" as ${inner.kind}.`, {
      found: columnKind(known),
      expected: inner.kind,
    });
  };
  walk(node, check);
}

/** The column of that name, not what every object has under it ("constructor"). */
const declared = (spine: Columns, name: string): Column | undefined =>
  Object.hasOwn(spine, name) ? spine[name] : undefined;

function unknownColumn(view: string, spine: Columns, name: string): PawlError {
  return new PawlError("invalid_definition", `The spine of view "${view}" has no column "${name}".`, {
    found: name,
    expected: `one of ${Object.keys(spine).join(", ")}`,
  });
}
