import fc from "fast-check";
import type { Comparison, Field, Filter, Order, Scalar } from "../filter.ts";
import type { Run } from "../runs.ts";
import {
  type Case,
  deepEqual,
  everyPage,
  onLedger,
  type OpenLedger,
  refused,
  there,
  withLedger,
} from "./case.ts";

/** Runs over few keys and values, so that filters hit and orders tie. */
const word = fc.constantFrom("a", "B", "ab", "A%b", "a_b", "x\\y", "it's");
const number = fc.constantFrom(-1, 0, 0.5, 2, Infinity, -Infinity, Number.NaN);
const runs = fc.array(
  fc.record({
    name: word,
    startedAt: fc.integer({ min: 0, max: 2 }),
    ended: fc.boolean(),
    params: fc.dictionary(fc.constantFrom("p", "q"), word, { noNullPrototype: true }),
    tags: fc.dictionary(fc.constantFrom("p", "t"), word, { noNullPrototype: true }),
    metrics: fc.dictionary(fc.constantFrom("m", "n"), number, { noNullPrototype: true }),
    dataset: fc.option(word, { nil: undefined }),
  }),
  { maxLength: 7 },
);

const textField: fc.Arbitrary<Field> = fc.constantFrom(
  { of: "param", key: "p" },
  { of: "tag", key: "p" },
  { of: "tag", key: "t" },
  { of: "tag", key: "missing" },
  { of: "attribute", key: "name" },
  { of: "attribute", key: "code_version" },
  { of: "dataset", key: "name" },
);
const numberField: fc.Arbitrary<Field> = fc.constantFrom(
  { of: "metric", key: "m" },
  { of: "metric", key: "n" },
  { of: "attribute", key: "started_at" },
  { of: "attribute", key: "ended_at" },
);
const ordering = fc.constantFrom("=", "!=", "<", "<=", ">", ">=");
const comparable = fc.constantFrom(-1, 0, 0.5, 1, 2, Infinity, -Infinity);

const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({ field: textField, is: ordering, value: word }),
  fc.record({ field: numberField, is: ordering, value: comparable }),
  fc.record({
    field: textField,
    is: fc.constantFrom("like", "ilike"),
    value: fc.constantFrom("a%", "%B", "A_b", "a\\%", "%\\%", "", "_", "it's"),
  }),
  fc.record({
    field: textField,
    is: fc.constantFrom("in", "not-in"),
    value: fc.array(word, { maxLength: 3 }),
  }),
  fc.record({ field: fc.oneof(textField, numberField), is: fc.constantFrom("is-null", "is-not-null") }),
) as fc.Arbitrary<Comparison>;

const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    comparison,
    fc.array(tie("filter"), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie("filter"), { maxLength: 3 }).map((any) => ({ any })),
    tie("filter").map((not) => ({ not })),
  ),
}));

const order: fc.Arbitrary<readonly Order[]> = fc.array(
  fc.record({
    field: fc.oneof(
      numberField,
      textField.filter(({ of }) => of !== "dataset"),
    ),
    descending: fc.boolean(),
  }),
  { maxLength: 3 },
);

/** The values of a field; undefined for one that is present but NaN. */
function valuesOf(run: Run, { of, key }: Field): readonly (Scalar | undefined)[] {
  const listed = (value: Scalar | undefined): readonly Scalar[] => (value === undefined ? [] : [value]);
  switch (of) {
    case "param":
      return listed(run.params[key]);
    case "tag":
      return listed(run.tags[key]);
    case "dataset":
      return run.inputs.datasets.map(({ name }) => name);
    case "metric":
      return run.metrics
        .filter((metric) => metric.key === key)
        .map(({ value }) => (Number.isNaN(value) ? undefined : value));
    case "attribute": {
      const attributes: Readonly<Record<string, Scalar | undefined>> = {
        name: run.name,
        code_version: run.codeVersion,
        started_at: run.startedAt,
        ended_at: run.endedAt,
      };
      return listed(attributes[key]);
    }
  }
}

function matchesPattern(text: string, pattern: string): boolean {
  if (pattern === "") return text === "";
  const [sign, rest] = [pattern[0], pattern.slice(1)];
  if (sign === "%")
    return matchesPattern(text, rest) || (text !== "" && matchesPattern(text.slice(1), pattern));
  return text !== "" && (sign === "_" || sign === text[0]) && matchesPattern(text.slice(1), rest);
}

function compares(value: Scalar, one: Comparison): boolean {
  switch (one.is) {
    case "=":
      return value === one.value;
    case "!=":
      return value !== one.value;
    case "<":
      return value < one.value;
    case "<=":
      return value <= one.value;
    case ">":
      return value > one.value;
    case ">=":
      return value >= one.value;
    case "like":
      return matchesPattern(String(value), one.value);
    case "ilike":
      return matchesPattern(String(value).toLowerCase(), one.value.toLowerCase());
    case "in":
      return one.value.includes(value);
    case "not-in":
      return !one.value.includes(value);
    default:
      return true;
  }
}

/** The oracle: the filter read literally. */
function holds(run: Run, one: Filter): boolean {
  if ("not" in one) return !holds(run, one.not);
  if ("all" in one) return one.all.every((part) => holds(run, part));
  if ("any" in one) return one.any.some((part) => holds(run, part));
  const values = valuesOf(run, one.field);
  if (one.is === "is-null") return values.length === 0;
  if (one.is === "is-not-null") return values.length > 0;
  return values.some((value) => value !== undefined && compares(value, one));
}

function before(a: Run, b: Run, orders: readonly Order[]): number {
  for (const { field, descending = false } of orders) {
    const [[one], [two]] = [valuesOf(a, field), valuesOf(b, field)];
    if (one === two) continue;
    if (one === undefined) return 1;
    if (two === undefined) return -1;
    return one < two !== descending ? -1 : 1;
  }
  return b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1);
}

async function searchesLikeOracle(open: OpenLedger): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      runs,
      fc.array(fc.tuple(filter, order, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 12 }),
      async (wanted, questions) => {
        await withLedger(open, async (ledger) => {
          const { id: experimentId } = await ledger.experiments.create({ name: "search" });
          const all: Run[] = [];
          for (const { metrics, dataset, ended, ...run } of wanted) {
            const { id } = await ledger.runs.start({ experimentId, ...run });
            const logged = Object.entries(metrics).map(([key, value]) => ({ key, value, at: 1, step: 0 }));
            await ledger.runs.log(id, { metrics: logged });
            if (dataset !== undefined) {
              await ledger.runs.logInputs(id, { datasets: [{ name: dataset, digest: "d" }] });
            }
            if (ended) await ledger.runs.update(id, { status: "finished", endedAt: 1 });
            all.push(there(await ledger.runs.get(id)));
          }
          for (const [question, orders, limit] of questions) {
            const found = await everyPage((page) =>
              ledger.runs.search({
                experimentIds: [experimentId],
                filter: question,
                order: orders,
                limit,
                ...page,
              }),
            );
            const expected = all.filter((run) => holds(run, question)).sort((a, b) => before(a, b, orders));
            deepEqual(
              found.map(({ id }) => id),
              expected.map(({ id }) => id),
              `filter ${JSON.stringify(question)} order ${JSON.stringify(orders)}`,
            );
          }
        });
      },
    ),
    { numRuns: 60 },
  );
}

export function searchCases(open: OpenLedger): readonly Case[] {
  return [
    {
      name: "a search finds what a plain reading of its filter finds, in order, on pages of any size",
      run: () => searchesLikeOracle(open),
    },

    onLedger(open, "a filter that does not fit is refused in words", async (ledger) => {
      const attribute = (key: string): Field => ({ of: "attribute", key });
      const metric: Field = { of: "metric", key: "auc" };
      const wrong: readonly Filter[] = [
        { field: attribute("colour"), is: "=", value: "red" },
        { field: attribute("constructor"), is: "=", value: "red" },
        { field: attribute("started_at"), is: "=", value: "yesterday" },
        { field: metric, is: ">", value: "high" },
        { field: metric, is: ">", value: Number.NaN },
        { field: { of: "tag", key: "t" }, is: "=", value: 1 },
        { field: { of: "dataset", key: "colour" }, is: "=", value: "red" },
        { field: attribute("name"), is: "~" as "=", value: "x" },
        { any: Array.from({ length: 501 }, () => ({ field: metric, is: "is-null" as const })) },
        Array.from({ length: 60 }).reduce<Filter>((inner) => ({ not: inner }), {
          field: metric,
          is: "is-null",
        }),
      ];
      for (const filter of wrong) await refused(ledger.runs.search({ filter }), "invalid_input");
      await refused(ledger.runs.search({ order: [{ field: attribute("colour") }] }), "invalid_input");
      await refused(ledger.models.search({ filter: { field: metric, is: ">", value: 1 } }), "invalid_input");
    }),

    onLedger(open, "patterns know % and _ and nothing else, and like minds the case", async (ledger) => {
      const { id: experimentId } = await ledger.experiments.create({ name: "patterns" });
      for (const name of ["a%b", "aXb", "x\\y", "A%B"]) await ledger.runs.start({ experimentId, name });
      const names = async (is: "like" | "ilike", value: string): Promise<string[]> => {
        const filter: Filter = { field: { of: "attribute", key: "name" }, is, value };
        return (await ledger.runs.search({ filter })).items.map(({ name }) => name).sort();
      };
      deepEqual(await names("like", "a_b"), ["a%b", "aXb"]);
      deepEqual(await names("ilike", "a_b"), ["A%B", "a%b", "aXb"]);
      deepEqual(await names("like", "%\\%"), ["x\\y"]);
      deepEqual(await names("like", "a\\%b"), []);
      deepEqual(await names("like", "%X%"), ["aXb"]);
    }),

    onLedger(open, "text in filters, keys and names is never read as SQL", async (ledger) => {
      const { id: experimentId } = await ledger.experiments.create({ name: "x'); DROP TABLE runs; --" });
      const odd = `k' OR '1'='1`;
      const { id } = await ledger.runs.start({ experimentId, tags: { [odd]: odd }, name: `n"; --` });
      const filter: Filter = { field: { of: "tag", key: odd }, is: "=", value: odd };
      const order = [{ field: { of: "metric" as const, key: odd } }];
      const { items } = await ledger.runs.search({ experimentIds: [experimentId], filter, order });
      deepEqual(
        items.map((run) => run.id),
        [id],
      );
      deepEqual((await ledger.runs.search({ experimentIds: [odd] })).items, []);
    }),

    onLedger(open, "a page stays right while others write", async (ledger) => {
      const { id: experimentId } = await ledger.experiments.create({ name: "moving" });
      for (let index = 0; index < 6; index += 1)
        await ledger.runs.start({ experimentId, startedAt: index * 10 });
      const first = await ledger.runs.search({ limit: 3 });
      await ledger.runs.start({ experimentId, startedAt: 1_000 });
      await ledger.runs.remove(there(first.items[0]).id);
      const second = await ledger.runs.search({ limit: 3, cursor: there(first.next) });
      deepEqual(
        [...first.items, ...second.items].map(({ startedAt }) => startedAt),
        [50, 40, 30, 20, 10, 0],
      );
    }),
  ];
}
