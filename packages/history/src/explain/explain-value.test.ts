import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { count, decayedCount, entity, last, mean, parquet, type PawlError, source, t } from "@pawl/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFacts } from "../facts-file.test-support.ts";
import type { History } from "../history.ts";
import { openHistory } from "../open-history.ts";

const root = mkdtempSync(join(tmpdir(), "pawl-explain-"));
const hour = 3_600_000_000;
const airport = entity("airport", { key: t.string });
const flights = source("flights", {
  columns: { departure: t.timestamp, landed: t.timestamp, origin: airport, delay: t.float },
  eventTime: "departure",
  knownTime: "landed",
  from: parquet("flights.parquet"),
});
const features = flights.by("origin").features((f) => ({
  mean_delay: mean(f.delay).over("3h").where(f.delay.lt(100)),
  share: count(f.delay).over("3h").dividedBy(count().over("3h")),
  fading: decayedCount("1h"),
  newest: last(f.delay),
}));
const fact = (departure: number | null, landed: number | null, delay: number | null, origin = "ORD") => ({
  departure: departure === null ? null : departure * hour,
  landed: landed === null ? null : landed * hour,
  origin,
  delay,
});

let history: History;
beforeAll(async () => {
  await writeFacts(join(root, "flights.parquet"), flights, [
    fact(6, 7, 1),
    fact(8, 9, 10),
    fact(8.5, 9.5, 20),
    fact(8.6, 9.6, null),
    fact(8.7, 9.7, 500),
    fact(9.5, 10, 30),
    fact(9.6, 11, 40),
    fact(10.5, 9, 50),
    fact(null, 9, 60),
    fact(9, null, 70),
    fact(9, 9.5, 80, "JFK"),
  ]);
  history = await openHistory({ root, threads: 1 });
});
afterAll(async () => {
  await history.close();
  rmSync(root, { recursive: true, force: true });
});

const explain = (feature: string, more = {}) =>
  history.explainValue({
    group: features as never,
    feature,
    key: ["ORD"],
    asOf: (10 * hour) as never,
    ...more,
  });

test("shows the facts behind a value, and why others do not count", async () => {
  const { value, aggregates } = await explain("mean_delay");
  // Known before 10 h, not older than 7 h: 10, 20 and the planned flight of 10.5 h.
  expect(value).toBeCloseTo((10 + 20 + 50) / 3, 12);
  const [only] = aggregates;
  expect(only?.says).toBe("mean(delay) where delay < 100 over 3h");
  expect(only?.used.facts.map(({ value }) => value)).toEqual([50, 20, 10]);
  const refused = Object.fromEntries(only?.refused.map(({ why, count }) => [why, count]) ?? []);
  expect(refused).toEqual({ notYetKnown: 2, tooOld: 1, filtered: 2, withoutTime: 2 });
});

test("explains each aggregate of an expression", async () => {
  const { value, aggregates } = await explain("share");
  expect(aggregates.map(({ says }) => says)).toEqual(["count(delay) over 3h", "count() over 3h"]);
  expect(value).toBeCloseTo(4 / 5, 12);
  const nulls = aggregates[0]?.refused.find(({ why }) => why === "nullValue");
  expect(nulls).toMatchObject({ count: 1, facts: [{ value: null, fact: { delay: null, origin: "ORD" } }] });
});

test("says that what is to come is too recent to fade", async () => {
  const { aggregates } = await explain("fading");
  expect(aggregates[0]?.refused.find(({ why }) => why === "tooRecent")?.count).toBe(1);
});

test("lists at most so many facts, and counts all", async () => {
  const { aggregates } = await explain("newest", { limit: 1 });
  expect(aggregates[0]?.used).toMatchObject({ count: 6, facts: [{ value: 50 }] });
});

test("agrees with what fills a training set", async () => {
  const { value } = await explain("newest");
  expect(value).toBe(50);
  expect((await explain("newest", { key: ["XXX"] })).value).toBeNull();
  expect((await explain("newest", { key: [null] })).value).toBeNull();
});

test("refuses a feature that is not there, a wrong key and a wrong limit", async () => {
  const codeOf = (work: Promise<unknown>) => work.catch((error: PawlError) => error.code);
  expect(await codeOf(explain("nope"))).toBe("not_found");
  expect(await codeOf(explain("newest", { key: [] }))).toBe("invalid_input");
  expect(await codeOf(explain("newest", { key: [5] }))).toBe("invalid_input");
  expect(await codeOf(explain("newest", { limit: -1 }))).toBe("invalid_input");
});
