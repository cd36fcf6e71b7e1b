import { describe, expect, it } from "vitest";
import { canonicalJson, contentHash } from "./canonical.ts";
import { catalog, type DefinitionDocument } from "./catalog.ts";
import { hourOfDay } from "./calendar.ts";
import {
  count,
  decayedSum,
  last,
  lastN,
  max,
  mean,
  quantile,
  since,
  sum,
  topK,
} from "./aggregate-expression.ts";
import { entity } from "./entity.ts";
import { constant, minutes, NumberExpr } from "./expression.ts";
import type { FeatureExprs, FeatureGroup, GroupOptions } from "./feature-group.ts";
import { t } from "./kind.ts";
import { predictionNode } from "./expression-node.ts";
import { model } from "./model.ts";
import { onDemand } from "./on-demand.ts";
import { type Location, parquet, source, type SourceOptions } from "./source.ts";
import { view } from "./view.ts";

const airport = entity("airport", { key: t.string });
const columns = { departure: t.timestamp, origin: airport, distance: t.int, delay: t.int, late: t.bool };
type Flights = SourceOptions<typeof columns>;

const flightsWith = (options: Partial<Flights> = {}) =>
  source("flights", { columns, eventTime: "departure", ...options });
const flights = flightsWith();
type Fact = typeof flights.fact;

function group(define: (f: Fact) => FeatureExprs, options: GroupOptions = {}, from = flights): FeatureGroup {
  return from.by("origin").features(define, options) as unknown as FeatureGroup;
}

const found = (definitions: unknown[], kind: DefinitionDocument["kind"]): DefinitionDocument => {
  const document = catalog(definitions).documents.find((one) => one.kind === kind);
  if (!document) throw new Error(`no ${kind}`);
  return document;
};

const hashOf = (define: (f: Fact) => FeatureExprs, from = flights): string =>
  found([group(define, {}, from)], "feature").hash;

const refusal = (code: string, ...said: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(said.join(".*")) as unknown,
  });

describe("names", () => {
  it.each(["delay", "größe", "遅れ", "_x", "x1", "constructor", "a".repeat(63)])("takes %j", (name) => {
    expect(entity(name, { key: t.int }).name).toBe(name);
  });

  it.each(["", "1x", "a b", "a-b", "a.b", "$0.1", "x;", '"', "a".repeat(64), "__proto__"])(
    "refuses %j",
    (name) => {
      expect(() => entity(name, { key: t.int })).toThrow(
        refusal("invalid_definition", "not a name for an entity"),
      );
      expect(() => group((f) => ({ [name]: count(f.delay) }))).toThrow(
        refusal("invalid_definition", "not a name for a feature"),
      );
      expect(() => source(name, { columns, eventTime: "departure" })).toThrow("not a name for a source");
    },
  );
});

describe("one meaning", () => {
  it.each<[string, (f: Fact) => FeatureExprs, (f: Fact) => FeatureExprs]>([
    ["another name", (f) => ({ a: mean(f.delay) }), (f) => ({ b: mean(f.delay) })],
    ["180m and 3h", (f) => ({ a: sum(f.delay).over("180m") }), (f) => ({ a: sum(f.delay).over("3h") })],
    [
      "narrowed in another order",
      (f) => ({ a: count().where(f.late).over("1d").lagged("1h") }),
      (f) => ({ a: count().lagged("60m").over("24h").where(f.late) }),
    ],
    [
      "conditions in another order",
      (f) => ({ a: count().where(f.late).where(f.delay.gt(5)) }),
      (f) => ({ a: count().where(constant(5).lt(f.delay).and(f.late)) }),
    ],
    [
      "a sum turned round",
      (f) => ({ a: sum(f.delay.plus(f.distance)) }),
      (f) => ({ a: sum(f.distance.plus(f.delay)) }),
    ],
  ])("%s", (_, one, other) => {
    expect(hashOf(one)).toBe(hashOf(other));
  });

  it.each<[string, (f: Fact) => FeatureExprs, (f: Fact) => FeatureExprs]>([
    ["another aggregate", (f) => ({ a: max(f.delay) }), (f) => ({ a: last(f.delay) })],
    ["another column", (f) => ({ a: max(f.delay) }), (f) => ({ a: max(f.distance) })],
    ["another window", (f) => ({ a: max(f.delay).over("3h") }), (f) => ({ a: max(f.delay).lagged("3h") })],
    ["another parameter", (f) => ({ a: lastN(f.delay, 3) }), (f) => ({ a: lastN(f.delay, 4) })],
    ["another quantile", (f) => ({ a: quantile(f.delay, 0.5) }), (f) => ({ a: quantile(f.delay, 0.9) })],
    [
      "another half-life",
      (f) => ({ a: decayedSum(f.delay, "1h") }),
      (f) => ({ a: decayedSum(f.delay, "2h") }),
    ],
    [
      "another unit",
      (f) => ({ a: since(last(f.departure)) }),
      (f) => ({ a: since(last(f.departure), "hours") }),
    ],
    [
      "a difference turned round",
      (f) => ({ a: sum(f.delay.minus(f.distance)) }),
      (f) => ({ a: sum(f.distance.minus(f.delay)) }),
    ],
  ])("is not kept by %s", (_, one, other) => {
    expect(hashOf(one)).not.toBe(hashOf(other));
  });

  it("depends on when facts are known, however that is said", () => {
    const define = (f: Fact): FeatureExprs => ({ a: mean(f.delay) });
    const late = flightsWith({ knownTime: (f) => f.departure.plus(minutes(f.delay)) });
    expect(hashOf(define, late)).not.toBe(hashOf(define));
    expect(hashOf(define, flightsWith({ knownTime: "departure" }))).toBe(hashOf(define));
    expect(hashOf(define, flightsWith({ knownTime: (f) => f.departure }))).toBe(hashOf(define));
  });

  it("does not depend on columns it does not use", () => {
    const { late: _, ...fewer } = columns;
    const smaller = source("flights", { columns: fewer, eventTime: "departure" });
    const feature = found([smaller.by("origin").features((f) => ({ a: mean(f.delay) }))], "feature");
    expect(feature.hash).toBe(hashOf((f) => ({ a: mean(f.delay) })));
  });

  it("does not depend on what people say, nor on where the data lie", () => {
    const said = { description: "Delays", owner: "ops", tags: ["air"] };
    const from: Location = parquet("flights/*.parquet");
    const plain = catalog([group((f) => ({ a: mean(f.delay) }))]).documents;
    const elsewhere = flightsWith({ ...said, from });
    const told = catalog([
      group((f) => ({ a: mean(f.delay) }), { ...said, features: { a: said } }, elsewhere),
    ]);
    expect(told.documents.map(({ kind, hash, dependsOn }) => ({ kind, hash, dependsOn }))).toEqual(
      plain.map(({ kind, hash, dependsOn }) => ({ kind, hash, dependsOn })),
    );
    expect(told.documents.find((one) => one.kind === "source")?.document).toMatchObject({ ...said, from });
  });

  it("of a view follows the features it lists, not their names", () => {
    const one = group((f) => ({ a: mean(f.delay) }), { name: "one" });
    const two = group((f) => ({ b: mean(f.delay) }), { name: "two" });
    const spine = { columns };
    const views = [
      view("v", {
        spine,
        items: [{ x: (one.f as never as { a: NumberExpr }).a.times(2) }, one.pick("a" as never)],
      }),
      view("v", {
        spine,
        items: [{ x: (two.f as never as { b: NumberExpr }).b.times(2) }, two.pick("b" as never)],
      }),
    ];
    const [first, second] = views.map(
      (v, i) => found([v, [one, two][i]], "view").document as { meaning: { value: unknown }[] },
    );
    expect(first?.meaning[0]?.value).toEqual(second?.meaning[0]?.value);
  });
});

describe("catalogues", () => {
  it("refuse one name with two meanings", () => {
    const one = group((f) => ({ a: mean(f.delay) }));
    const other = group((f) => ({ a: mean(f.distance) }));
    expect(() => catalog([one, other])).toThrow(refusal("definition_conflict", "flights_by_origin"));
    const airports = [airport, entity("airport", { key: t.int })];
    expect(() => catalog(airports)).toThrow(refusal("definition_conflict", "airport"));
    const sources = [flights, flightsWith({ knownTime: (f) => f.departure.plus("1h") })];
    expect(() => catalog(sources)).toThrow(refusal("definition_conflict", "flights"));
  });

  it("take the same meaning twice", () => {
    const twice = [
      group((f) => ({ a: count().over("60m"), b: sum(f.delay) })),
      group((f) => ({ a: count().over("1h"), b: sum(f.delay) })),
    ];
    expect(catalog(twice).groups.size).toBe(1);
  });

  it("gather all that is depended on, and pass over what is no definition", () => {
    const departures = flights.by("origin").features((f) => ({ a: mean(f.delay) }));
    const isLate = model("is_late", {
      spine: flights,
      asOf: "departure",
      label: (f) => f.delay.gt(15),
      view: [departures, hourOfDay("departure"), "distance"],
    });
    const all = catalog([isLate, 5, null, "text", { definition: "joke" }, () => 1]);
    expect([
      ...all.entities.keys(),
      ...all.sources.keys(),
      ...all.groups.keys(),
      ...all.models.keys(),
    ]).toEqual(["airport", "flights", "flights_by_origin", "is_late"]);
    const hashes = new Set(all.documents.map((document) => document.hash));
    for (const document of all.documents) {
      for (const hash of document.dependsOn) expect(hashes).toContain(hash);
    }
  });

  it("are plain JSON, and mean the same after a journey", () => {
    const departures = flights.by("origin").features((f) => ({ a: mean(f.delay), b: topK(f.delay, 2) }));
    const half = onDemand("half", { inputs: { a: departures.f.a }, returns: t.float }, ({ a }) =>
      a === null ? null : a / 2,
    );
    const board = view("board", { spine: { columns }, items: [departures, half] });
    const { documents } = catalog([board]);
    for (const { document, hash } of documents) {
      const travelled = JSON.parse(JSON.stringify(document)) as { meaning: never };
      expect(travelled).toEqual(document);
      expect(contentHash(travelled.meaning)).toBe(hash);
      expect(canonicalJson(travelled as never)).toBe(canonicalJson(document));
    }
  });

  it("refuse references to what is not there", () => {
    const departures = group((f) => ({ a: mean(f.delay) }));
    const missing = (name: string, feature: string) =>
      new NumberExpr({ op: "feature", kind: "float", group: name, feature });
    const listing = (x: NumberExpr) => view("v", { spine: { columns }, items: [{ x }] });
    expect(() => catalog([listing(missing("flights_by_origin", "a"))])).toThrow(
      refusal("invalid_definition", "no feature", "flights_by_origin.a"),
    );
    expect(() => catalog([departures, listing(missing("flights_by_origin", "b"))])).toThrow(
      refusal("invalid_definition", "no feature", "flights_by_origin.b"),
    );
    expect(catalog([departures, listing(missing("flights_by_origin", "a"))]).views.size).toBe(1);
  });
});

describe("models that are inputs", () => {
  const prediction = (name: string) => new NumberExpr(predictionNode(name));
  const named = (name: string, input: FeatureExprs) =>
    model(name, { spine: flights, asOf: "departure", label: (f) => f.late, view: [input, "distance"] });

  it("are refused in a circle", () => {
    const circle = [named("a", { x: prediction("b") }), named("b", { x: prediction("a").times(2) })];
    expect(() => catalog(circle)).toThrow(
      expect.objectContaining({ code: "invalid_definition", found: "a → b → a" }),
    );
    expect(() => catalog([named("a", { x: prediction("a") })])).toThrow("input of itself");
  });

  it("are gathered, and change what depends on them", () => {
    const inner = (weight: number) => named("inner", { x: hourly.times(weight) });
    const hourly = hourOfDay(flights.fact.departure);
    const outer = (weight: number) => {
      const { documents } = catalog([named("outer", { x: inner(weight).f.prediction }), inner(weight)]);
      return documents.find((one) => one.name === "outer");
    };
    expect(outer(1)?.hash).toBe(outer(1)?.hash);
    expect(outer(1)?.hash).not.toBe(outer(2)?.hash);
  });
});

describe("what contradicts itself is refused", () => {
  const feature = (define: (f: Fact) => FeatureExprs) => () => group(define);
  const looseTypes = flights.fact as unknown as Record<keyof Fact, NumberExpr>;

  it.each<[string, () => unknown, string]>([
    [
      "an aggregate of an aggregate",
      feature((f) => ({ a: sum(max(f.delay)) })),
      "only the columns of one fact",
    ],
    [
      "a condition on an aggregate",
      feature((f) => ({ a: count().where(max(f.delay).gt(1)) })),
      "only the columns of one fact",
    ],
    ["a column of many facts", feature((f) => ({ a: f.delay.plus(1) })), "many facts"],
    ["a sum of text", feature(() => ({ a: sum(looseTypes.origin) })), "cannot be taken"],
    ["a quantile beyond 1", feature((f) => ({ a: quantile(f.delay, 1.5) })), "between 0 and 1"],
    ["a list of nothing", feature((f) => ({ a: lastN(f.delay, 0) })), "1 to 100"],
    ["a group of nothing", feature(() => ({})), "no features"],
    ["version 0", () => group((f) => ({ a: max(f.delay) }), { version: 0 }), "whole number from 1"],
    [
      "a time that is none",
      () => source("s", { columns: { n: t.int }, eventTime: "n" as never }),
      "not a timestamp",
    ],
    [
      "a column that is not there",
      () => source("s", { columns, eventTime: "arrival" as never }),
      "no column",
    ],
    ["a column only objects have", () => flights.by("constructor" as never), "no column"],
    [
      "a knownTime that is no moment",
      () => flightsWith({ knownTime: (f) => f.delay as never }),
      "not a moment",
    ],
    ["a zone that is none", () => hourOfDay("departure", { zone: "Mars/Olympus" }), "not a time zone"],
    ["a constant that is no number", () => constant(Number.NaN), "finite"],
    ["a column of no spine", () => view("v", { spine: { columns }, items: ["gate" as never] }), "no column"],
    [
      "a column only objects have, of a spine",
      () => view("v", { spine: { columns }, items: ["constructor" as never] }),
      "no column",
    ],
    ["a column listed twice", () => view("v", { spine: { columns }, items: ["delay", "delay"] }), "twice"],
    ["a view of nothing", () => view("v", { spine: { columns }, items: [] }), "lists nothing"],
    [
      "a view that aggregates",
      () => view("v", { spine: { columns }, items: [{ x: sum(flights.fact.delay) }] }),
      "aggregates facts directly",
    ],
    [
      "a label that cannot be learned",
      () =>
        model("m", {
          spine: flights,
          asOf: "departure",
          label: (f) => f.departure as never,
          view: ["delay"],
        }),
      "cannot be learned",
    ],
  ])("%s", (_, define, said) => {
    expect(define).toThrow(refusal("invalid_definition", said));
  });
});

it("refuses a model that is told the answer", () => {
  const events = source("events", { columns: { at: t.timestamp, y: t.float, x: t.float }, eventTime: "at" });
  const told = () =>
    model("told", {
      spine: events,
      asOf: "at",
      label: (f) => f.y.gt(1),
      view: ["x", { sum: events.fact.x.plus(events.fact.y) }],
    });
  expect(told).toThrow(/told the answer/);
});
