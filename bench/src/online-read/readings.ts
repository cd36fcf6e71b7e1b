import { catalog, count, entity, last, max, mean, type NumberExpr, source, sum, t } from "@pawl/core";

/** Fifty whole-numbered columns. */
export const columns = Array.from({ length: 50 }, (_, c) => `f${c}`);
export const things = 2000;
/** Facts of each thing, an hour apart, oldest first. */
export const factsEach = 3;
/** Things whose values are compared. */
export const compared = 500;

const start = Date.UTC(2024, 0, 1) * 1000;
const hour = 3_600_000_000;

const thing = entity("thing", { key: t.int });

const readings = source("readings", {
  columns: {
    thing,
    at: t.timestamp,
    ...Object.fromEntries(columns.map((name) => [name, t.int])),
  },
  eventTime: "at",
  key: ["thing", "at"],
});

/** The handle of a numbered column: fifty of them are not spelled out. */
const numbered = (fact: object, c: number): NumberExpr =>
  (fact as Record<string, NumberExpr>)[`f${c}`] as NumberExpr;

/** What a feature store without windows can do: the latest value of each column. */
const latest = readings
  .by("thing")
  .features((f) => Object.fromEntries(columns.map((name, c) => [name, last(numbered(f, c))])), {
    name: "latest",
  });

/** Ten columns by five windowed aggregates. */
const windowed = readings.by("thing").features(
  (f) =>
    Object.fromEntries(
      Array.from({ length: 10 }, (_, c) => {
        const value = numbered(f, c);
        return [
          [`mean_2h_${c}`, mean(value).over("2h")],
          [`sum_1d_${c}`, sum(value).over("1d")],
          [`max_1d_${c}`, max(value).over("1d")],
          [`count_7d_${c}`, count(value).over("7d")],
          [`last_${c}`, last(value)],
        ] as const;
      }).flat(),
    ),
  { name: "windowed" },
);

export const definitions = catalog([latest, windowed]);

/** The value of a column in the n-th fact of a thing: the same in every language. */
export const valueOf = (thing: number, n: number, column: number): number =>
  (thing * 7919 + n * 104_729 + column * 1_299_709) % 100_003;

/** Every fact, oldest first. */
export function facts(): Record<string, number>[] {
  return Array.from({ length: factsEach }, (_, n) =>
    Array.from({ length: things }, (_, thing) => ({
      thing,
      at: start + n * hour,
      ...Object.fromEntries(columns.map((name, c) => [name, valueOf(thing, n, c)])),
    })),
  ).flat();
}

/** A moment soon after the last fact. */
export const asked = start + factsEach * hour;
