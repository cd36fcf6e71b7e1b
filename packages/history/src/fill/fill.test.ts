import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  approxDistinctCount,
  count,
  csv,
  decayedMean,
  distinctCount,
  duckdbTable,
  entity,
  first,
  json,
  lag,
  last,
  lastN,
  max,
  mean,
  median,
  minutes,
  onDemand,
  parquet,
  PawlError,
  plan,
  predictionSlot,
  source,
  std,
  sum,
  t,
  topK,
  type Value,
  view,
} from "@pawl/core";
import { compareValues, oracle } from "@pawl/testkit";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFacts } from "../facts-file.test-support.ts";
import type { History } from "../history.ts";
import { openHistory } from "../open-history.ts";

const root = mkdtempSync(join(tmpdir(), "pawl-fill-"));
const minute = 60_000_000;
const start = Date.UTC(2024, 2, 9) * 1000;

const plane = entity("plane", { key: t.string });
const flights = source("flights", {
  columns: {
    departure: t.timestamp,
    tail: plane,
    gate: t.string,
    delay: t.float,
    serial: t.bigint,
    late: t.bool,
  },
  eventTime: "departure",
  knownTime: (f) => f.departure.plus(minutes(f.delay.plus(60))),
  from: parquet("flights.parquet"),
});
const habits = flights.by("tail").features((f) => ({
  flights_3h: count().over("3h"),
  delay_sum: sum(f.delay).over("1d"),
  delay_mean: mean(f.delay).over("6h"),
  delay_std: std(f.delay).over("1d"),
  delay_max: max(f.delay).over("12h"),
  delay_median: median(f.delay).over("1d"),
  late_share: mean(f.late).over("1d"),
  gates: distinctCount(f.gate).over("1d"),
  gates_about: approxDistinctCount(f.gate),
  serials_about: approxDistinctCount(f.serial).over("2d"),
  top_gates: topK(f.gate, 2).over("1d"),
  last_gates: lastN(f.gate, 3),
  last_gate: last(f.gate),
  last_delay: last(f.delay),
  first_gate: first(f.gate),
  last_serial: last(f.serial),
  max_serial: max(f.serial),
  delay_then: lag(f.delay, "2h"),
  fading: decayedMean(f.delay, "3h"),
  late_only: count(f.gate).over("1d").where(f.delay.gt(15)),
}));
const columns = { tail: plane, at: t.timestamp, n: t.int } as const;
const board = view("board", {
  spine: columns,
  items: [
    habits,
    "n",
    { ratio: habits.f.delay_sum.dividedBy(habits.f.flights_3h), size: habits.f.last_gates.size() },
    onDemand(
      "label",
      { inputs: { gate: habits.f.last_gate, n: habits.f.flights_3h }, returns: t.string },
      (row) => (row.gate === null ? null : `${row.gate}/${row.n}`),
    ),
  ],
});
const planned = plan(board, new Map([[habits.name, habits as never]]));

/** A hot plane with half of all flights; moments collide, gates repeat, some values are missing. */
function facts(n: number): Record<string, Value>[] {
  return Array.from({ length: n }, (_, i) => ({
    departure: start + Math.floor((i * 7919) % n) * minute,
    tail: i % 31 === 0 ? null : i % 2 === 0 ? "hot" : `p${i % 9}`,
    gate: i % 17 === 0 ? null : (["A1", "b2", "é", "😀", "", "a'b"][i % 6] as Value),
    delay: i % 23 === 0 ? null : ((i * 37) % 100) - 30,
    serial: BigInt((i * 101) % 50) * 300_000_000_000_000_000n - 9_000_000_000_000_000_000n,
    late: i % 5 === 0 ? null : i % 3 === 0,
  }));
}
const spine = (n: number): Record<string, Value>[] =>
  Array.from({ length: n }, (_, i) => ({
    tail: i % 29 === 0 ? null : i % 3 === 0 ? "hot" : i % 50 === 7 ? "unknown" : `p${i % 9}`,
    at: i % 41 === 0 ? null : start + ((i * 104_729) % 4000) * minute - 500 * minute,
    n: i,
  }));
const kinds = { tail: "string", at: "timestamp", n: "int" } as const;
const rowsOf = (n: number) => ({ kind: "rows", columns: kinds, rows: spine(n) }) as const;

const opened: History[] = [];
async function open(options: Partial<Parameters<typeof openHistory>[0]> = {}): Promise<History> {
  const history = await openHistory({ root, threads: 1, ...options });
  opened.push(history);
  return history;
}
async function filled(history: History, rows: number): Promise<Record<string, Value>[]> {
  const result = await history.fill({ plan: planned, spine: rowsOf(rows), asOf: "at" });
  try {
    return await result.rowObjects();
  } finally {
    await result.close();
  }
}
async function errorOf(work: Promise<unknown>): Promise<PawlError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof PawlError) return thrown;
  throw new Error(`no PawlError but ${String(thrown)}`);
}

const many = 3000;
beforeAll(async () => {
  await writeFacts(join(root, "flights.parquet"), flights, facts(many));
});
afterAll(async () => {
  for (const history of opened) await history.close();
  rmSync(root, { recursive: true, force: true });
});

describe("filling", () => {
  test("agrees with the oracle, hot key, ties and nulls included", async () => {
    const rows = spine(200);
    const expected = oracle({ plan: planned, spine: rows, asOf: "at", facts: { flights: facts(many) } });
    const found = await filled(await open(), 200);
    const wrong = found.flatMap((row, i) =>
      planned.outputs.flatMap(({ name, kind }) => {
        const isSum = name.includes("fading") || name.includes("std");
        const miss = compareValues(expected[i]?.[name] ?? null, row[name] ?? null, kind, isSum ? 1e-9 : 0);
        return miss === undefined ? [] : [`row ${i}, ${name}: ${miss}`];
      }),
    );
    expect(wrong).toEqual([]);
    expect(found).toHaveLength(200);
  });

  test("gives the same in threads, in passes over keys, and in blocks of rows", async () => {
    const expected = await filled(await open(), 2500);
    const progress: string[] = [];
    // 5,500 facts and rows times 20 slots are more than one thread's worth only when asked for: passes of 400
    // facts stay in this thread, the whole does not.
    const threaded = await open({ threads: 2 });
    const big = await threaded.fill(
      { plan: planned, spine: rowsOf(25_000), asOf: "at" },
      { onProgress: ({ stage }) => progress.push(stage) },
    );
    expect((await big.rowObjects()).slice(0, 100)).toEqual(expected.slice(0, 100));
    await big.close();
    expect(progress).toContain("computing features");
    expect(await filled(await open({ threads: 2, factsPerPass: 400 }), 2500)).toEqual(expected);
    expect(await filled(await open({ threads: 2, factsPerPass: 1, valuesPerBlock: 20_000 }), 2500)).toEqual(
      expected,
    );
  });

  test("reads CSV, NDJSON and DuckDB tables as it reads Parquet", async () => {
    const expected = await filled(await open(), 300);
    await writeFacts(join(root, "flights.csv"), flights, facts(many), "csv");
    await writeFacts(join(root, "flights.json"), flights, facts(many), "json");
    const database = await (await DuckDBInstance.create(join(root, "flights.duckdb"))).connect();
    await database.run(`CREATE TABLE flights AS FROM '${join(root, "flights.parquet")}'`);
    database.closeSync();
    for (const location of [
      csv("flights.csv"),
      json("flights.json"),
      duckdbTable("flights.duckdb", "flights"),
    ]) {
      const history = await open({ locate: () => [location] });
      const [a, b] = [await filled(history, 300), expected];
      expect(a).toEqual(b);
    }
  });

  test("reads several places as one", async () => {
    const half = facts(many);
    await writeFacts(join(root, "part-1.parquet"), flights, half.slice(0, 1000));
    await writeFacts(join(root, "part-2.csv"), flights, half.slice(1000), "csv");
    const history = await open({ locate: () => [parquet("part-1.parquet"), csv("part-2.csv")] });
    expect(await filled(history, 300)).toEqual(await filled(await open(), 300));
  });

  test("keeps spine rows made of a source's facts in their order", async () => {
    const own = view("own", { spine: flights, items: [habits.pick("flights_3h"), "serial"] });
    const history = await open();
    const result = await history.fill({
      plan: plan(own, new Map([[habits.name, habits as never]])),
      spine: { kind: "source", source: flights as never, where: flights.fact.delay.gt(0).node },
      asOf: "departure",
    });
    const expected = facts(many).filter(({ delay }) => delay !== null && (delay as number) > 0);
    expect((await result.rowObjects()).map((row) => row["serial"])).toEqual(
      expected.map((row) => row["serial"]),
    );
    await result.close();
  });

  test("takes one moment for all rows", async () => {
    const history = await open();
    const at = start + 600 * minute;
    const one = await history.fill({ plan: planned, spine: rowsOf(50), asOf: { at: at as never } });
    const rows = spine(50).map((row) => ({ ...row, at }));
    const each = await history.fill({
      plan: planned,
      spine: { kind: "rows", columns: kinds, rows },
      asOf: "at",
    });
    expect(await one.rowObjects()).toEqual(await each.rowObjects());
    await one.close();
    await each.close();
  });

  test("sees what a leak would have promised only when asked to", async () => {
    const history = await open();
    const leaky = await history.fill({
      plan: planned,
      spine: rowsOf(200),
      asOf: "at",
      ignoreKnownTime: true,
    });
    const honest = await history.fill({ plan: planned, spine: rowsOf(200), asOf: "at" });
    const total = async (result: typeof honest): Promise<number> =>
      (await result.rowObjects()).reduce((n, row) => n + Number(row["flights_by_tail.flights_3h"]), 0);
    expect(await total(leaky)).toBeGreaterThan(await total(honest));
    await leaky.close();
    await honest.close();
  });

  test("writes outputs as Parquet that others read", async () => {
    const history = await open();
    const result = await history.fill({ plan: planned, spine: rowsOf(120), asOf: "at" });
    await result.writeParquet("out/board.parquet");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const read = await connection.runAndReadAll(
      `SELECT typeof("flights_by_tail.flights_3h"), typeof("flights_by_tail.last_gates"), count(*) OVER () FROM '${join(root, "out/board.parquet")}' LIMIT 1`,
    );
    expect(read.getRowsJS()[0]).toEqual(["BIGINT", "VARCHAR[]", 120n]);
    connection.closeSync();
    await result.close();
    expect(readdirSync(join(root, "out"))).toEqual(["board.parquet"]);
  });

  test("of an empty spine is empty", async () => {
    expect(await filled(await open(), 0)).toEqual([]);
  });
});

describe("a model as an input", () => {
  const slot = predictionSlot("other");
  const withModel = {
    lookups: [],
    models: [{ slot, model: "other" }],
    outputs: [
      { name: "p", kind: "float", node: { op: "column", kind: "float", name: slot } },
      { name: "n", kind: "int", node: { op: "column", kind: "int", name: "n" } },
    ],
  } as const;

  test("is one more column of the rows", async () => {
    const history = await open({ valuesPerBlock: 4 });
    const predictions = new Map([
      [slot, Float64Array.from(spine(10), (_, i) => (i === 3 ? Number.NaN : i / 2))],
    ]);
    const result = await history.fill({ plan: withModel, spine: rowsOf(10), asOf: "at", predictions });
    const found = await result.rowObjects();
    expect(found.map(({ p }) => p)).toEqual([0, 0.5, 1, null, 2, 2.5, 3, 3.5, 4, 4.5]);
    await result.close();
  });

  test("is refused when it is missing or of another length", async () => {
    const history = await open();
    const ask = (predictions?: Map<string, Float64Array>) =>
      history.fill({ plan: withModel, spine: rowsOf(10), asOf: "at", ...(predictions && { predictions }) });
    expect((await errorOf(ask())).message).toContain('"other"');
    expect((await errorOf(ask(new Map([[slot, new Float64Array(9)]])))).code).toBe("invalid_input");
  });
});

describe("what cannot be", () => {
  test("a spine without a column the view reads", async () => {
    const history = await open();
    const error = await errorOf(
      history.fill({
        plan: planned,
        spine: { kind: "rows", columns: { at: "timestamp", n: "int" }, rows: [] },
        asOf: "at",
      }),
    );
    expect(error).toMatchObject({ code: "invalid_input", message: expect.stringContaining('"tail"') });
  });

  test("an asOf that is no timestamp", async () => {
    const history = await open();
    const error = await errorOf(history.fill({ plan: planned, spine: rowsOf(1), asOf: "n" }));
    expect(error).toMatchObject({ code: "invalid_input", expected: "timestamp" });
  });

  test.each<[string, Record<string, unknown>]>([
    ["tail", { tail: 5 }],
    ["at", { at: "yesterday" }],
    ["n", { n: 1.5 }],
  ])("a row with a wrong %s", async (name, row) => {
    const history = await open();
    const spine = { kind: "rows", columns: kinds, rows: [{}, row] } as const;
    const error = await errorOf(history.fill({ plan: planned, spine, asOf: "at" }));
    expect(error).toMatchObject({
      code: "invalid_input",
      message: `Row 1 of the spine has a wrong "${name}".`,
    });
  });

  test("a calendar in a zone that is not", async () => {
    const zone = { op: "literal", kind: "string", value: "Mars/Olympus" } as const;
    const part = { op: "literal", kind: "string", value: "month" } as const;
    const at = { op: "asOf", kind: "timestamp" } as const;
    const node = { op: "call", kind: "int", fn: "calendar", args: [part, at, zone] } as const;
    const history = await open();
    const asked = { lookups: [], models: [], outputs: [{ name: "m", kind: "int", node }] } as const;
    expect(() => history.check(asked)).toThrow(
      expect.objectContaining({ code: "unsupported", found: "Mars/Olympus" }),
    );
  });

  test("an on-demand function that breaks its promise", async () => {
    const liar = onDemand("liar", { inputs: { n: habits.f.flights_3h }, returns: t.int }, () => 0.5);
    const shown = view("shown", { spine: columns, items: [habits.pick("flights_3h"), liar] });
    const history = await open();
    const error = await errorOf(
      history.fill({
        plan: plan(shown, new Map([[habits.name, habits as never]])),
        spine: rowsOf(3),
        asOf: "at",
      }),
    );
    expect(error).toMatchObject({ code: "invalid_definition", message: expect.stringContaining("liar") });
  });

  test("options that make no sense", async () => {
    expect((await errorOf(openHistory({ root, threads: 0 }))).code).toBe("invalid_input");
    expect((await errorOf(openHistory({ root, factsPerPass: 0.5 }))).code).toBe("invalid_input");
    expect((await errorOf(openHistory({ root, memoryLimit: "a lot" }))).code).toBe("invalid_input");
  });

  test("more memory than was set: exhausted, and history goes on", async () => {
    const history = await open({ memoryLimit: "2MB", tempDirectory: join(root, "temp") });
    const error = await errorOf(filled(history, 2500));
    expect(error.code).toBe("exhausted");
    expect(error.next).toContain("memoryLimit");
  });

  test("work that is stopped, at every stage", async () => {
    const history = await open({ threads: 2 });
    for (const stop of [
      "reading the spine",
      "reading flights",
      "computing features",
      "putting rows together",
    ]) {
      const control = new AbortController();
      const work = {
        signal: control.signal,
        onProgress: ({ stage }: { stage: string }) => stage === stop && control.abort(),
      };
      const error = await errorOf(history.fill({ plan: planned, spine: rowsOf(40_000), asOf: "at" }, work));
      expect(error.code).toBe("cancelled");
    }
    expect((await filled(history, 10)).length).toBe(10);
  });

  test("work after closing", async () => {
    const history = await openHistory({ root, threads: 1 });
    await history.close();
    expect((await errorOf(filled(history, 1))).code).toBe("conflict");
  });
});
