import {
  type Catalog,
  type Column,
  columnKind,
  type FeatureGroup,
  type GroupUse,
  PawlError,
  type ScalarKind,
  view,
  type View,
} from "@pawl/core";
import { FeastError } from "./feast-error.ts";

/** What a request asks for: a view to fill, and how its columns are called in the answer. */
export interface AskedFeatures {
  readonly view: View;
  /** Columns of the request that are keys, as the answer lists them first. */
  readonly keys: readonly { readonly name: string; readonly kind: ScalarKind }[];
  /** Every column of the request that is read, with its kind. */
  readonly columns: ReadonlyMap<string, ScalarKind>;
  /** In the order of the answer. `column` is a name of the view. */
  readonly outputs: readonly { readonly column: string; readonly short: string; readonly full: string }[];
}

/**
 * Features asked for one by one, `group:feature` or `group@v2:feature`. A group is found by the columns it is
 * defined by, or by the name of their entity.
 */
export function featuresByReference(
  catalog: Catalog,
  references: readonly string[],
  given: readonly string[],
): AskedFeatures {
  if (references.length === 0)
    throw bad("No features are asked for.", "", "such as departures:delay_mean_3h");
  const wanted = new Map<FeatureGroup, [string, ...string[]]>();
  const outputs = references.map((reference) => {
    const { group, feature } = resolved(catalog, reference);
    const names = wanted.get(group);
    if (!names) wanted.set(group, [feature]);
    else if (!names.includes(feature)) names.push(feature);
    return { column: `${group.name}.${feature}`, short: feature, full: `${group.name}__${feature}` };
  });
  const spine: Record<string, Column> = {};
  const items: GroupUse[] = [];
  for (const [group, names] of wanted) {
    const columns = group.by.map((by) => keyColumn(group, by, given));
    for (const [i, name] of columns.entries()) {
      const column = group.source.columns[group.by[i] ?? ""];
      if (column) spine[name] = column;
    }
    const picked = group.pick(...names);
    items.push(
      columns.every((name, i) => name === group.by[i])
        ? picked
        : picked.on(...(columns as [string, ...string[]])),
    );
  }
  const made = view("feast_request", { spine, items }) as unknown as View;
  const renamed = outputs.map((output) => {
    const [group = "", feature = ""] = splitLast(output.column);
    const column = made.columns.find(({ from }) => from?.group === group && from.feature === feature);
    return { ...output, column: column?.name ?? output.column };
  });
  const kinds = new Map(Object.entries(spine).map(([name, column]) => [name, columnKind(column)]));
  return {
    view: made,
    keys: [...kinds].map(([name, kind]) => ({ name, kind })),
    columns: kinds,
    outputs: renamed,
  };
}

/** All columns of a view or of a model's view, under its name as a feature service. */
export function featuresOfService(catalog: Catalog, name: string): AskedFeatures {
  const found = catalog.views.get(name) ?? catalog.models.get(name)?.view;
  if (!found) {
    const names = [...catalog.views.keys(), ...catalog.models.keys()];
    throw new FeastError(
      404,
      "FeatureServiceNotFoundException",
      "not_found",
      `There is no feature service "${name}".`,
      {
        expected: names.join(", ") || "a view or model; none is defined",
      },
    );
  }
  const spine = Object.entries(found.spine);
  const keyed = spine.filter(([, column]) => "definition" in column);
  return {
    view: found,
    keys: keyed.map(([key, column]) => ({ name: key, kind: columnKind(column) })),
    columns: new Map(spine.map(([column, declared]) => [column, columnKind(declared)])),
    outputs: found.columns.map(({ name: column, from }) => ({
      column,
      short: from?.feature ?? column,
      full: from ? `${splitLast(column)[0]}__${from.feature}` : column,
    })),
  };
}

function resolved(catalog: Catalog, reference: string): { group: FeatureGroup; feature: string } {
  const [, name, version, feature] = /^([^:@]+)(?:@v(\d+))?:([^:]+)$/.exec(reference) ?? [];
  if (name === undefined || feature === undefined) {
    throw bad("This is no reference to a feature.", reference, "view:feature or view@v2:feature");
  }
  const group = catalog.groups.get(name);
  if (!group || (version !== undefined && Number(version) !== group.version)) {
    throw new FeastError(
      404,
      "FeatureViewNotFoundException",
      "not_found",
      `There is no feature view "${name}".`,
      {
        found: reference,
        expected: [...catalog.groups.values()].map((each) => `${each.name}@v${each.version}`).join(", "),
      },
    );
  }
  if (group.features.some((each) => each.name === feature)) return { group, feature };
  throw bad(
    `The feature view "${name}" has no feature "${feature}".`,
    reference,
    group.features.map((f) => f.name).join(", "),
  );
}

function keyColumn(group: FeatureGroup, by: string, given: readonly string[]): string {
  if (given.includes(by)) return by;
  const column = group.source.columns[by];
  if (column && "definition" in column && given.includes(column.name)) return column.name;
  throw bad(`The key of "${group.name}" is missing.`, given.join(", ") || "no entities", by);
}

function splitLast(name: string): [string, string] {
  const dot = name.lastIndexOf(".");
  return [name.slice(0, dot), name.slice(dot + 1)];
}

const bad = (message: string, found: string, expected: string): PawlError =>
  new PawlError("invalid_input", message, { ...(found !== "" && { found }), expected });
