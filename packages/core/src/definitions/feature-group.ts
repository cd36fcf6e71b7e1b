import { PawlError } from "../errors.ts";
import { type Expr, type ExprOf, wrap } from "./expression.ts";
import type { ExprNode } from "./expression-node.ts";
import type { Kind } from "./kind.ts";
import { checkName, checkVersion, type Described } from "./name.ts";
import type { Source } from "./source.ts";

export type FeatureExprs = Readonly<Record<string, Expr>>;

/** One feature of a group: a name, a meaning, and what people say of it. */
export interface Feature extends Described {
  readonly name: string;
  readonly node: ExprNode;
}

export interface GroupOptions<G extends string = string> extends Described {
  /** Default: `<source>_by_<columns joined by _>`. */
  readonly name?: G;
  /** Raise it to give the same names a new meaning. Default 1. */
  readonly version?: number;
  /** What to say of single features. */
  readonly features?: Readonly<Record<string, Described>>;
}

/** Features of one entity (or several together), made from one source. */
export interface FeatureGroup<G extends string = string, F extends FeatureExprs = FeatureExprs>
  extends Described {
  readonly definition: "group";
  readonly name: G;
  readonly version: number;
  readonly source: Source;
  readonly by: readonly string[];
  readonly features: readonly Feature[];
  /** Handles for expressions over these features: `departures.f.late_share.dividedBy(…)`. */
  readonly f: { readonly [N in keyof F]: ExprOf<F[N]["kindType"]> };
  /** Only some of the features. */
  pick<const P extends keyof F & string>(...names: [P, ...P[]]): GroupUse<G, Pick<F, P>>;
  /** The same features looked up by other columns of the spine: the destination's departures. */
  on(...columns: [string, ...string[]]): GroupUse<G, F>;
}

/** A group as a view lists it: which features, found by which spine columns. */
export interface GroupUse<G extends string = string, F extends FeatureExprs = FeatureExprs> {
  readonly use: "group";
  readonly group: FeatureGroup<G, FeatureExprs>;
  readonly names: readonly (keyof F & string)[];
  readonly columns: readonly string[] | undefined;
  pick<const P extends keyof F & string>(...names: [P, ...P[]]): GroupUse<G, Pick<F, P>>;
  on(...columns: [string, ...string[]]): GroupUse<G, F>;
  readonly f: { readonly [N in keyof F]: ExprOf<F[N]["kindType"]> };
}

/** Called by `source.by(…).features(…)`. */
export function featureGroup<G extends string, F extends FeatureExprs>(
  source: Source,
  by: readonly string[],
  exprs: F,
  options: GroupOptions<G> = {},
): FeatureGroup<G, F> {
  const { version = 1, features: said = {}, name: given, ...described } = options;
  const name = given ?? (`${source.name}_by_${by.join("_")}` as G);
  checkName(name, "feature group");
  checkVersion(version, "group", name);
  if (Object.keys(exprs).length === 0) {
    throw new PawlError("invalid_definition", `Group "${name}" has no features.`, {
      next: "Return at least one named expression from features((f) => ({ … })).",
    });
  }
  const features = Object.entries(exprs).map(([feature, expr]): Feature => {
    checkName(feature, "feature");
    refuseBareColumns(name, feature, expr.node);
    return { ...said[feature], name: feature, node: expr.node };
  });
  const group: FeatureGroup<G, F> = {
    definition: "group",
    ...described,
    name,
    version,
    source,
    by,
    features,
    f: handles(name, features, undefined) as FeatureGroup<G, F>["f"],
    pick: (...names) => use(group as unknown as FeatureGroup<G>, names, undefined),
    on: (...columns) => use(group as unknown as FeatureGroup<G>, Object.keys(exprs), columns),
  };
  return group;
}

function use<G extends string, F extends FeatureExprs>(
  group: FeatureGroup<G>,
  names: readonly (keyof F & string)[],
  columns: readonly string[] | undefined,
): GroupUse<G, F> {
  if (columns && columns.length !== group.by.length) {
    throw new PawlError(
      "invalid_definition",
      `Group "${group.name}" is found by ${group.by.length} column(s).`,
      {
        found: columns.join(", "),
        expected: `columns to stand for ${group.by.join(", ")}`,
      },
    );
  }
  const picked = names.map((name) => {
    const feature = group.features.find((f) => f.name === name);
    if (feature) return feature;
    throw new PawlError("invalid_definition", `Group "${group.name}" has no feature "${name}".`, {
      found: name,
      expected: `one of ${group.features.map((f) => f.name).join(", ")}`,
    });
  });
  return {
    use: "group",
    group,
    names,
    columns,
    pick: (...fewer) => use(group, fewer, columns),
    on: (...others) => use(group, names, others),
    f: handles(group.name, picked, columns) as GroupUse<G, F>["f"],
  };
}

function handles(
  group: string,
  features: readonly Feature[],
  on: readonly string[] | undefined,
): Record<string, ExprOf<Kind>> {
  const entries = features.map(({ name, node }) => {
    const ref: ExprNode = { op: "feature", kind: node.kind, group, feature: name, ...(on && { on }) };
    return [name, wrap(ref, node.kind)] as const;
  });
  return Object.fromEntries(entries);
}

function refuseBareColumns(group: string, feature: string, node: ExprNode): void {
  const check = (inner: ExprNode): void => {
    if (inner.op === "column") {
      throw new PawlError(
        "invalid_definition",
        `Feature "${group}.${feature}" uses a column of many facts at once.`,
        {
          found: `column "${inner.name}" outside an aggregate`,
          expected: "an aggregate such as last(…), mean(…) or count()",
        },
      );
    }
    if (inner.op === "feature") {
      throw new PawlError(
        "invalid_definition",
        `Feature "${group}.${feature}" refers to another group's feature.`,
        {
          found: `${inner.group}.${inner.feature}`,
          next: "Combine features of several groups in a view, where the row's keys are known.",
        },
      );
    }
    if (inner.op === "call") inner.args.forEach(check);
  };
  check(node);
}
