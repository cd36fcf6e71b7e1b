import { PawlError } from "../errors.ts";
import { canonicalNode, contentHash, type Json } from "./canonical.ts";
import type { Entity } from "./entity.ts";
import { type ExprNode, walk } from "./expression-node.ts";
import type { Feature, FeatureGroup } from "./feature-group.ts";
import type { Model } from "./model.ts";
import type { Described } from "./name.ts";
import { columnKind, type Columns, type Source } from "./source.ts";
import { columnNodes, type View } from "./view.ts";

export type Definition = Entity | Source | FeatureGroup | View | Model;
export type DefinitionKind = "entity" | "source" | "group" | "feature" | "view" | "model";

/**
 * A definition as it is stored, compared and sent: plain JSON. `hash` is of the meaning only, so that
 * names, descriptions, owners, tags and the place of the data may change without making another feature.
 */
export interface DefinitionDocument {
  readonly kind: DefinitionKind;
  /** Features are `<group>.<feature>`. */
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly dependsOn: readonly string[];
  readonly document: Json;
}

/** Definitions that belong together, complete: everything they refer to is inside. */
export interface Catalog {
  readonly entities: ReadonlyMap<string, Entity>;
  readonly sources: ReadonlyMap<string, Source>;
  readonly groups: ReadonlyMap<string, FeatureGroup>;
  readonly views: ReadonlyMap<string, View>;
  readonly models: ReadonlyMap<string, Model>;
  readonly documents: readonly DefinitionDocument[];
}

/** What references by name are resolved with. */
type Known = Pick<Catalog, "groups" | "models">;

interface Collected {
  readonly entities: Map<string, Entity>;
  readonly sources: Map<string, Source>;
  readonly groups: Map<string, FeatureGroup>;
  readonly views: Map<string, View>;
  readonly models: Map<string, Model>;
}

/**
 * Gathers definitions and all they depend on. Anything that is not a definition (a helper, a number)
 * is passed over, so a module's exports can be given as they are. Refuses one name with two meanings
 * (`definition_conflict`) and references to groups that are not there (`invalid_definition`).
 */
export function catalog(definitions: Iterable<unknown>): Catalog {
  const into: Collected = {
    entities: new Map(),
    sources: new Map(),
    groups: new Map(),
    views: new Map(),
    models: new Map(),
  };
  for (const definition of definitions) if (isDefinition(definition)) collect(definition, into);
  for (const view of [...into.views.values(), ...[...into.models.values()].map((m) => m.view)]) {
    checkReferences(view, into);
  }
  for (const name of into.models.keys()) {
    refuseSharedName(name, into.groups);
    refuseCycle(name, into, []);
  }
  return { ...into, documents: documents(into) };
}

export function isDefinition(value: unknown): value is Definition {
  const kinds = ["entity", "source", "group", "view", "model"];
  return (
    typeof value === "object" &&
    value !== null &&
    "definition" in value &&
    kinds.includes(String(value.definition))
  );
}

function collect(definition: Definition, into: Collected): void {
  switch (definition.definition) {
    case "entity":
      return put(into.entities, definition, entityMeaning);
    case "source":
      collectColumns(definition.columns, into);
      return put(into.sources, definition, sourceMeaning);
    case "group":
      collect(definition.source, into);
      return put(into.groups, definition, groupMeaning);
    case "view":
      collectColumns(definition.spine, into);
      collectListed(definition, into);
      return put(into.views, definition, (view) => viewMeaning(view, into));
    case "model":
      collect(definition.spine, into);
      collectListed(definition.view, into);
      return put(into.models, definition, (model) => modelMeaning(model, into));
  }
}

function collectListed(view: View, into: Collected): void {
  for (const group of view.groups) collect(group, into);
  for (const model of view.models) collect(model, into);
}

function collectColumns(columns: Columns, into: Collected): void {
  for (const column of Object.values(columns)) if ("definition" in column) collect(column, into);
}

function put<D extends Definition>(map: Map<string, D>, definition: D, meaning: (d: D) => Json): void {
  const known = map.get(definition.name);
  if (known && known !== definition && contentHash(meaning(known)) !== contentHash(meaning(definition))) {
    throw new PawlError(
      "definition_conflict",
      `"${definition.name}" is defined twice with different meanings.`,
      {
        found: `two definitions of the ${definition.definition} "${definition.name}"`,
        next: "Give one of them another name.",
      },
    );
  }
  map.set(definition.name, definition);
}

function checkReferences(view: View, known: Known): void {
  for (const node of view.columns.flatMap(columnNodes)) {
    walk(node, (inner) => {
      if (inner.op === "feature" && !known.models.has(inner.group)) {
        findFeature(inner.group, inner.feature, known.groups);
      }
    });
  }
}

function refuseSharedName(model: string, groups: ReadonlyMap<string, FeatureGroup>): void {
  if (!groups.has(model)) return;
  throw new PawlError("definition_conflict", `"${model}" is both a model and a group of features.`, {
    next: "Give one of them another name: a model's prediction is a feature, <model>.prediction.",
  });
}

/** A model whose inputs come round to its own prediction has no beginning. */
function refuseCycle(name: string, known: Known, path: readonly string[]): void {
  if (path.includes(name)) {
    throw new PawlError("invalid_definition", `Model "${name}" is an input of itself.`, {
      found: [...path.slice(path.indexOf(name)), name].join(" → "),
      next: "Take the prediction out of one of these views.",
    });
  }
  const inputs = new Set<string>();
  for (const node of known.models.get(name)?.view.columns.flatMap(columnNodes) ?? []) {
    walk(node, (inner) => {
      if (inner.op === "feature" && known.models.has(inner.group)) inputs.add(inner.group);
    });
  }
  for (const input of inputs) refuseCycle(input, known, [...path, name]);
}

/** The feature behind a reference; `invalid_definition` when it is not there. */
export function findFeature(
  group: string,
  feature: string,
  groups: ReadonlyMap<string, FeatureGroup>,
): { group: FeatureGroup; feature: Feature } {
  const owner = groups.get(group);
  const found = owner?.features.find((f) => f.name === feature);
  if (owner && found) return { group: owner, feature: found };
  throw new PawlError("invalid_definition", `There is no feature "${group}.${feature}".`, {
    found: `${group}.${feature}`,
    expected: owner ? `one of ${owner.features.map((f) => f.name).join(", ")}` : "a group that is exported",
    next: owner
      ? "Correct the name."
      : `Export the group "${group}" from the definitions, or list it in the view.`,
  });
}

// Meanings: what is hashed.

function entityMeaning(entity: Entity): Json {
  return { entity: entity.name, key: entity.key.kind };
}

function columnsMeaning(columns: Columns, names: readonly string[]): Json {
  return Object.fromEntries(
    names.map((name) => {
      const column = columns[name];
      if (!column) return [name, null];
      return [name, "definition" in column ? `${column.name}:${column.key.kind}` : column.kind];
    }),
  );
}

function sourceMeaning(source: Source): Json {
  return {
    source: source.name,
    columns: columnsMeaning(source.columns, Object.keys(source.columns)),
    eventTime: source.eventTime,
    knownTime: nodeJson(source.knownTime),
    key: [...source.key],
  };
}

/** A feature means the same wherever it is defined: source, key, times, columns used, expression; not its name. */
function featureMeaning(group: FeatureGroup, feature: Feature): Json {
  const { source, by } = group;
  const used = new Set<string>([...by, source.eventTime]);
  for (const node of [feature.node, source.knownTime]) {
    walk(node, (inner) => {
      if (inner.op === "column") used.add(inner.name);
    });
  }
  return {
    source: source.name,
    by: [...by],
    columns: columnsMeaning(source.columns, [...used].sort()),
    eventTime: source.eventTime,
    knownTime: nodeJson(source.knownTime),
    value: nodeJson(feature.node),
  };
}

function groupMeaning(group: FeatureGroup): Json {
  const features = group.features.map((f) => [f.name, contentHash(featureMeaning(group, f))] as const);
  return { group: group.name, features: Object.fromEntries(features) };
}

function viewMeaning(view: View, known: Known): Json {
  return view.columns.map((column) => ({
    name: column.name,
    ...(column.node && { value: referencesResolved(column.node, known) }),
    ...(column.onDemand && {
      onDemand: {
        inputs: Object.fromEntries(
          Object.entries(column.onDemand.inputs).map(([n, e]) => [n, referencesResolved(e.node, known)]),
        ),
        returns: column.onDemand.returns,
        code: column.onDemand.compute.toString(),
      },
    }),
  }));
}

function modelMeaning(model: Model, known: Known): Json {
  return {
    spine: contentHash(sourceMeaning(model.spine)),
    asOf: model.asOf,
    label: nodeJson(model.label),
    where: model.where ? nodeJson(model.where) : null,
    view: viewMeaning(model.view, known),
  };
}

function nodeJson(node: ExprNode): Json {
  return canonicalNode(node) as unknown as Json;
}

/** References by name become references by meaning, so that a renamed feature is still the same input. */
function referencesResolved(node: ExprNode, known: Known): Json {
  const replace = (json: Json): Json => {
    if (Array.isArray(json)) return json.map(replace);
    if (typeof json !== "object" || json === null) return json;
    const object = json as { readonly [key: string]: Json };
    if (object["op"] === "feature") {
      const model = known.models.get(String(object["group"]));
      if (model) return { model: contentHash(modelMeaning(model, known)) };
      const { group, feature } = findFeature(
        String(object["group"]),
        String(object["feature"]),
        known.groups,
      );
      return { feature: contentHash(featureMeaning(group, feature)), on: object["on"] ?? null };
    }
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, replace(value)]));
  };
  return replace(nodeJson(node));
}

// Documents: what is stored.

function documents(all: Collected): DefinitionDocument[] {
  const made: DefinitionDocument[] = [];
  const add = (
    kind: DefinitionKind,
    name: string,
    version: number,
    meaning: Json,
    dependsOn: readonly string[],
    said: Described,
    more: { readonly [key: string]: Json | undefined } = {},
  ): void => {
    const { description, owner, tags } = said;
    const document: Json = {
      kind,
      name,
      version,
      meaning,
      ...(description !== undefined && { description }),
      ...(owner !== undefined && { owner }),
      ...(tags !== undefined && { tags: [...tags] }),
      ...more,
    };
    made.push({
      kind,
      name,
      version,
      hash: contentHash(meaning),
      dependsOn: [...new Set(dependsOn)].sort(),
      document,
    });
  };
  const entityHashes = (columns: Columns): string[] =>
    Object.values(columns).flatMap((c) => ("definition" in c ? [contentHash(entityMeaning(c))] : []));

  for (const entity of all.entities.values())
    add("entity", entity.name, entity.version, entityMeaning(entity), [], entity);
  for (const source of all.sources.values()) {
    const more = source.from ? { from: source.from as unknown as Json } : {};
    add(
      "source",
      source.name,
      source.version,
      sourceMeaning(source),
      entityHashes(source.columns),
      source,
      more,
    );
  }
  for (const group of all.groups.values()) {
    const sourceHash = contentHash(sourceMeaning(group.source));
    for (const feature of group.features) {
      const name = `${group.name}.${feature.name}`;
      add("feature", name, group.version, featureMeaning(group, feature), [sourceHash], feature, {
        valueKind: feature.node.kind,
      });
    }
    const hashes = group.features.map((f) => contentHash(featureMeaning(group, f)));
    add("group", group.name, group.version, groupMeaning(group), hashes, group);
  }
  const viewInputs = (view: View): string[] => {
    const hashes: string[] = [];
    for (const node of view.columns.flatMap(columnNodes)) {
      walk(node, (inner) => {
        if (inner.op !== "feature") return;
        const model = all.models.get(inner.group);
        if (model) {
          hashes.push(contentHash(modelMeaning(model, all)));
          return;
        }
        const { group, feature } = findFeature(inner.group, inner.feature, all.groups);
        hashes.push(contentHash(featureMeaning(group, feature)));
      });
    }
    return hashes;
  };
  for (const view of all.views.values()) {
    add("view", view.name, view.version, viewMeaning(view, all), viewInputs(view), view);
  }
  for (const model of all.models.values()) {
    const dependsOn = [contentHash(sourceMeaning(model.spine)), ...viewInputs(model.view)];
    add("model", model.name, model.version, modelMeaning(model, all), dependsOn, model);
  }
  return made;
}

/** Kinds of the spine's columns, by name. */
export function spineKinds(columns: Columns): Record<string, ReturnType<typeof columnKind>> {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, columnKind(column)]));
}
