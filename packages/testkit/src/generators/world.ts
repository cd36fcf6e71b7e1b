import {
  BoolExpr,
  type Catalog,
  catalog,
  cyclic,
  dayOfWeek,
  DurationExpr,
  type Entity,
  type Expr,
  type ExprNode,
  type FeatureGroup,
  hourOfDay,
  type KeyKind,
  NumberExpr,
  onDemand,
  type Plan,
  plan,
  type Source,
  StringExpr,
  BigintExpr,
  t,
  TimeExpr,
  type View,
  view,
  type ViewColumn,
} from "@pawl/core";
import fc from "fast-check";
import type { Facts, Row } from "../oracle/facts.ts";
import { shown } from "../oracle/compare-values.ts";
import { type Build, expressions, type Scope } from "./expressions.ts";
import { features } from "./features.ts";
import {
  factScope,
  factsOf,
  keyKinds,
  knownTimeKinds,
  knownTimeOf,
  learnedAfter,
  makeEntity,
  makeSource,
} from "./sources.ts";
import { askedMoments, keysOf, moments, valuesOf } from "./values.ts";

/** Everything an engine is asked about at once: definitions, facts and the rows to be filled. */
export interface World {
  readonly catalog: Catalog;
  readonly view: View;
  readonly plan: Plan;
  readonly spine: readonly Row[];
  /** The spine column with each row's moment. */
  readonly asOf: string;
  readonly facts: Facts;
  /** More facts of the same sources, for what must not change. */
  readonly more: Facts;
}

const asOf = "asked";
const bys = [["who"], ["who"], ["who"], ["flag"], ["who", "order"]] as const;

interface Traits {
  readonly kinds: readonly [KeyKind, KeyKind];
  readonly known: readonly ("happened" | "learned" | "expression")[];
  readonly by: readonly (readonly string[])[];
  readonly features: readonly Build<Expr>[][];
  readonly combined: readonly Build<Expr>[];
  readonly listed: readonly boolean[];
}

const traits: fc.Arbitrary<Traits> = fc.record({
  kinds: fc.tuple(keyKinds, keyKinds),
  known: fc.array(knownTimeKinds, { minLength: 2, maxLength: 2 }),
  by: fc.array(fc.constantFrom(...bys), { minLength: 3, maxLength: 3 }),
  features: fc.array(fc.array(features, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 3 }),
  combined: fc.array(combinations(), { maxLength: 3 }),
  listed: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
});

/** Expressions of a view: over the spine, `asOf` and features. */
function combinations(): fc.Arbitrary<Build<Expr>> {
  const { number, bool, text, time, duration } = expressions;
  const rough = number.map((build) => (scope: Scope) => build(scope).sin());
  return fc.oneof<fc.Arbitrary<Build<Expr>>[]>(number, bool, text, time, duration, rough);
}

/** Random definitions, facts and rows that fit together. 100 of them take an in-memory engine a second or two. */
export const worlds: fc.Arbitrary<World> = traits.chain((made) => {
  const [kind, otherKind] = made.kinds;
  const count = { maxLength: 40 };
  const rows = fc.record({
    who: keyOrNull(kind),
    partner: keyOrNull(kind),
    other: keyOrNull(otherKind),
    order: fc.option(valuesOf.string, { freq: 8 }),
    flag: fc.option(fc.boolean(), { freq: 8 }),
    größe: fc.option(valuesOf.int, { freq: 8 }),
    moment: fc.option(moments, { freq: 8 }),
  });
  return fc
    .record({
      facts: fc.tuple(factsOf(kind, count), factsOf(otherKind, count)),
      more: fc.tuple(factsOf(kind, { maxLength: 6 }), factsOf(otherKind, { maxLength: 6 })),
      rows: fc.array(fc.tuple(rows, fc.option(askedMoments, { freq: 20 }), fc.nat()), { maxLength: 12 }),
      again: fc.array(fc.nat(), { maxLength: 2 }),
    })
    .map(({ facts, more, rows, again }) => {
      const definitions = define(made);
      const names = ["first_source", "source_2"];
      const byName = (both: readonly Row[][]): Facts =>
        Object.fromEntries(names.map((name, i) => [name, both[i] ?? []]));
      const knownTimes = definitions.sources.flatMap((source, i) =>
        (facts[i] ?? []).map((fact) => knownTimeOf(source, fact)),
      );
      const asked = rows.map(([row, moment, i]): Row => {
        // A third of the rows ask at exactly the moment a fact is learned: it must not be seen.
        const known = i % 3 === 0 ? knownTimes[(i / 3) % Math.max(1, knownTimes.length)] : null;
        return { ...row, [asOf]: known ?? moment };
      });
      const twice = again.map((i) => asked[i % Math.max(1, asked.length)]);
      const spine = [...asked, ...twice.filter((row): row is Row => row !== undefined)];
      const { sources: _, ...world } = definitions;
      return {
        ...world,
        spine: spine.map((row, i) => ({ ...row, position: i })),
        asOf,
        facts: byName(facts),
        more: byName(more),
        [fc.toStringMethod]: () => describe(definitions.plan, spine, byName(facts)),
      };
    });
});

const keyOrNull = (kind: KeyKind): fc.Arbitrary<Row[string]> =>
  fc.option(fc.constantFrom(...keysOf[kind].slice(0, 2), ...keysOf[kind].slice(0, 1), ...keysOf[kind]), {
    freq: 10,
  });

/** The same facts, each learned at `moment` or later; those that cannot be are left out. */
export function factsLearnedAfter(world: World, facts: Facts, moment: number): Facts {
  const moved = Object.entries(facts).map(([name, rows]) => {
    const source = world.catalog.sources.get(name);
    const late = rows.map((row, i) => source && learnedAfter(source, row, moment, (i % 3) * 1000));
    return [name, late.filter((row): row is Row => row !== undefined)] as const;
  });
  return Object.fromEntries(moved);
}

interface Defined {
  readonly catalog: Catalog;
  readonly sources: readonly Source[];
  readonly view: View;
  readonly plan: Plan;
}

function define(made: Traits): Defined {
  const [who, other] = [makeEntity("customer", made.kinds[0]), makeEntity("Maschine", made.kinds[1])];
  const sources = [
    makeSource("first_source", who, made.known[0] ?? "happened"),
    makeSource("source_2", other, made.known[1] ?? "learned"),
  ] as const;
  const groups = made.features.map((builds, i): FeatureGroup => {
    const source = sources[i === 2 ? 1 : 0];
    const by = (made.by[i] ?? ["who"]) as readonly [string, ...string[]];
    const exprs = builds.map((build, n) => [`f${n}`, build(factScope(source))] as const);
    return source.by(...by).features(() => Object.fromEntries(exprs), {
      name: `group_${i}`,
    }) as unknown as FeatureGroup;
  });
  const shape = spineShape(who, other);
  const items = viewItems(made, groups);
  const filled = view("board", { spine: shape, items: items as never }) as unknown as View;
  const all = catalog([...groups, filled]);
  return { catalog: all, sources, view: filled, plan: plan(filled, all.groups) };
}

const spineShape = (who: Entity, other: Entity) =>
  ({
    position: t.int,
    [asOf]: t.timestamp,
    who,
    partner: who,
    other,
    order: t.string,
    flag: t.bool,
    größe: t.int,
    moment: t.timestamp,
  }) as const;

function viewItems(made: Traits, groups: readonly FeatureGroup[]): unknown[] {
  const [zero, one, two] = groups as [FeatureGroup, FeatureGroup, FeatureGroup];
  const swapped = (group: FeatureGroup, column: string): readonly [string, ...string[]] =>
    group.by.map((by) => (by === "who" ? column : by)) as unknown as [string, ...string[]];
  const scope = spineScope([zero, one]);
  const [listed0, listed1, listed2, ...more] = made.listed;
  const handle = features0(zero);
  return [
    "position",
    zero,
    // The second source is about another entity; its key must be said.
    two.on(...swapped(two, "other")),
    ...(listed0 ? [one.on(...swapped(one, "partner"))] : []),
    ...(listed1 ? [hourOfDay(asOf, { zone: "America/Chicago" }), cyclic(dayOfWeek("moment"))] : []),
    ...(listed2 ? ["order", "größe"] : []),
    ...(more[0]
      ? [onDemand("guessed", { inputs: { x: handle }, returns: t.string }, ({ x }) => shown(x))]
      : []),
    ...(more[1]
      ? [
          onDemand("doubled", { inputs: { n: scope.numbers[0] }, returns: t.float }, ({ n }) =>
            n === null ? null : n * 2,
          ),
        ]
      : []),
    Object.fromEntries(made.combined.map((build, i) => [`c${i}`, build(scope)])),
  ];
}

/** A feature for an on-demand function to print; one that every engine gives to the last digit. */
function features0(group: FeatureGroup): Expr {
  const exact = group.features.find((feature) => !["float", "list<float>"].includes(feature.node.kind));
  const handles = group.f as Readonly<Record<string, Expr>>;
  return (exact && handles[exact.name]) ?? new BoolExpr({ op: "literal", kind: "bool", value: true });
}

/** Handles of the spine, and of the features that can be looked up by it without saying how. */
function spineScope(groups: readonly FeatureGroup[]): Scope {
  const column = <K extends ViewColumn["kind"]>(name: string, kind: K): ExprNode =>
    ({ op: "column", kind, name }) as ExprNode;
  const handles = groups.flatMap((group) => Object.values(group.f as Readonly<Record<string, Expr>>));
  const among = <E extends Expr>(
    first: E,
    type: abstract new (node: ExprNode) => E,
  ): readonly [E, ...E[]] => [first, ...handles.filter((handle): handle is E => handle instanceof type)];
  const moment = new TimeExpr(column("moment", "timestamp"));
  return {
    numbers: among(new NumberExpr(column("größe", "int")), NumberExpr),
    texts: among(new StringExpr(column("order", "string")), StringExpr),
    bools: among(new BoolExpr(column("flag", "bool")), BoolExpr),
    bigints: among(new BigintExpr({ op: "literal", kind: "bigint", value: "0" }), BigintExpr),
    times: [moment, new TimeExpr({ op: "asOf", kind: "timestamp" })],
    durations: among(moment.since(new TimeExpr({ op: "asOf", kind: "timestamp" })), DurationExpr),
  };
}

/** A world as a person reads it in a failing test. */
function describe(plan: Plan, spine: readonly Row[], facts: Facts): string {
  const lines = (rows: readonly Row[]): string => rows.map((row) => `    ${shown(row)}`).join("\n");
  const lookups = plan.lookups.map(
    ({ source, by, columns, aggregates }) =>
      `  ${source.name} by ${by.join(", ")} = ${columns.join(", ")}; known: ${JSON.stringify(source.knownTime)}\n` +
      aggregates.map(({ slot, node }) => `    ${slot} = ${JSON.stringify(node)}`).join("\n"),
  );
  const outputs = plan.outputs.map(
    ({ name, node }) => `    ${name} = ${JSON.stringify(node) ?? "on demand"}`,
  );
  const given = Object.entries(facts).map(([name, rows]) => `  ${name}:\n${lines(rows)}`);
  return ["", ...lookups, "  outputs:", ...outputs, "  spine:", lines(spine), ...given].join("\n");
}
