import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  count,
  entity,
  last,
  lastN,
  mean,
  model,
  parquet,
  PawlError,
  source,
  splitByTime,
  t,
  type Value,
  view,
} from "@pawl/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFacts } from "../facts-file.test-support.ts";
import type { History } from "../history.ts";
import { openHistory } from "../open-history.ts";

const root = mkdtempSync(join(tmpdir(), "pawl-datasets-"));
const minute = 60_000_000;
const start = Date.UTC(2024, 0, 1) * 1000;

const customer = entity("customer", { key: t.string });
const orders = source("orders", {
  columns: {
    placed: t.timestamp,
    learned: t.timestamp,
    customer,
    channel: t.string,
    amount: t.float,
    items: t.int,
    returned: t.bool,
    number: t.bigint,
    took: t.duration,
  },
  eventTime: "placed",
  knownTime: "learned",
  from: parquet("orders.parquet"),
});
const habits = orders.by("customer").features((f) => ({
  orders_1d: count().over("1d"),
  mean_amount: mean(f.amount),
  last_channel: last(f.channel),
  last_number: last(f.number),
}));
const trails = orders
  .by("customer")
  .features(
    (f) => ({ last_three: lastN(f.channel, 3), last_time: last(f.placed), last_number: last(f.number) }),
    { name: "trails" },
  );
const willReturn = model("will_return", {
  spine: orders,
  asOf: "placed",
  label: (f) => f.returned,
  where: (f) => f.amount.gt(0),
  view: [habits, "amount", "channel"],
});

function facts(n: number): Record<string, Value>[] {
  return Array.from({ length: n }, (_, i) => ({
    placed: start + i * 10 * minute,
    learned: start + i * 10 * minute + ((i * 7) % 200) * minute,
    customer: i % 11 === 3 ? null : `c${i % 7}`,
    channel: ["web", "shop", "", "café 😀", null][i % 5] as Value,
    amount: i % 13 === 0 ? null : (i % 17) + 0.1,
    items: i % 4,
    returned: i % 19 === 0 ? null : i % 3 === 0,
    number: BigInt(i) * 1_000_000_007n,
    took: i * 1000,
  }));
}

let history: History;
beforeAll(async () => {
  await writeFacts(join(root, "orders.parquet"), orders, facts(500));
  history = await openHistory({ root, threads: 2 });
});
afterAll(async () => {
  await history.close();
  rmSync(root, { recursive: true, force: true });
});

async function errorOf(work: Promise<unknown>): Promise<PawlError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof PawlError) return thrown;
  throw new Error(`no PawlError but ${String(thrown)}`);
}

describe("a frozen dataset", () => {
  test("has the spine's rows in order, with label, times and features", async () => {
    const manifest = await history.freezeDataset({ model: willReturn, directory: "datasets" });
    const expected = facts(500).filter(({ amount }) => amount !== null && (amount as number) > 0);
    expect(manifest.rows).toBe(expected.length);
    expect(manifest.columns.map(({ name, role }) => `${name}:${role}`)).toEqual([
      "placed:spine",
      "learned:spine",
      "customer:spine",
      "items:spine",
      "returned:spine",
      "number:spine",
      "took:spine",
      "as_of:asOf",
      "label:label",
      "label_known:labelKnown",
      "orders_by_customer.orders_1d:feature",
      "orders_by_customer.mean_amount:feature",
      "orders_by_customer.last_channel:feature",
      "orders_by_customer.last_number:feature",
      "amount:feature",
      "channel:feature",
    ]);
    expect(manifest.rowsWithoutLabel).toBe(expected.filter(({ returned }) => returned === null).length);
    const read = await history.readFrame(manifest.file.path, { labelledOnly: false });
    expect([...read.times]).toEqual(expected.map(({ placed }) => placed));
    expect([...read.labelKnown]).toEqual(expected.map(({ learned }) => learned));
    const wanted = expected.map(({ returned }) => (returned === null ? Number.NaN : Number(returned)));
    expect([...read.target]).toEqual(wanted);
    expect(read.excluded).toEqual([]);
  });

  test("keeps lists and moments in the file, but out of a frame", async () => {
    const shown = view("shown", { spine: orders, items: [trails, habits.pick("last_channel")] });
    const { file } = await history.freezeDataset({
      view: shown,
      spine: { kind: "source", source: orders },
      asOf: "placed",
      directory: "datasets",
    });
    const { frame, excluded, target } = await history.readFrame(file.path, {});
    expect(excluded.map(({ name }) => name)).toEqual(["trails.last_three", "trails.last_time"]);
    expect(frame.columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "trails.last_number categorical",
      "orders_by_customer.last_channel categorical",
    ]);
    expect(target).toHaveLength(0);
    const numeric = await history.readFrame(file.path, {
      columns: ["trails.last_time"],
      timestamps: "numeric",
    });
    expect(numeric.frame.columns[0]?.kind).toBe("numeric");
  });

  test("has the same hash for the same content, whatever the threads, passes and blocks", async () => {
    const first = await history.freezeDataset({ model: willReturn, directory: "datasets" });
    const other = await openHistory({ root, threads: 1, factsPerPass: 20, valuesPerBlock: 300 });
    const second = await other.freezeDataset({ model: willReturn, directory: "elsewhere" });
    await other.close();
    expect(second.hash).toBe(first.hash);
    expect({ ...second, file: null }).toEqual({ ...first, file: null });
  });

  test("has another hash when a value, the view or the spine differs", async () => {
    const hashes = new Set<string>();
    const freeze = async (request: Parameters<History["freezeDataset"]>[0]) =>
      hashes.add((await history.freezeDataset(request)).hash);
    await freeze({ model: willReturn, directory: "datasets" });
    await freeze({ model: willReturn, directory: "datasets", until: "2024-01-02" });
    await freeze({ model: willReturn, directory: "datasets", sample: { rows: 50, seed: 1 } });
    await freeze({ model: willReturn, directory: "datasets", sample: { rows: 50, seed: 2 } });
    await freeze({ model: willReturn, directory: "datasets", ignoreKnownTime: true });
    expect(hashes.size).toBe(5);
  });

  test("draws a sample in spine order, the same every time", async () => {
    const request = { model: willReturn, directory: "datasets", sample: { rows: 50, seed: 7 } };
    const [a, b] = [await history.freezeDataset(request), await history.freezeDataset(request)];
    expect(a.hash).toBe(b.hash);
    expect(a.rows).toBe(50);
    const { times } = await history.readFrame(a.file.path, { labelledOnly: false });
    expect([...times]).toEqual([...times].sort((x, y) => x - y));
  });

  test("may be empty, and says so", async () => {
    const manifest = await history.freezeDataset({
      model: willReturn,
      directory: "datasets",
      from: "2030-01-01",
    });
    expect(manifest).toMatchObject({ rows: 0, timeRange: null, rowsWithoutLabel: 0 });
    expect(manifest.warnings).toHaveLength(1);
    const read = await history.readFrame(manifest.file.path, {});
    expect(read.frame.rows).toBe(0);
    expect((await history.report(manifest.file.path)).rows).toBe(0);
  });

  test("keeps reserved names to itself", async () => {
    const clash = view("clash", { spine: orders, items: [{ label: habits.f.orders_1d }] });
    const spine = { kind: "source", source: orders } as const;
    const error = await errorOf(
      history.freezeDataset({
        view: clash,
        spine,
        asOf: "placed",
        directory: "datasets",
        groups: new Map([[habits.name, habits as never]]),
      }),
    );
    expect(error).toMatchObject({ code: "invalid_definition", message: expect.stringContaining('"label"') });
  });

  test("leaves nothing behind when it is stopped", async () => {
    const control = new AbortController();
    const before = readdirSync(join(root, "datasets"));
    const work = {
      signal: control.signal,
      onProgress: ({ stage }: { stage: string }) => stage === "writing" && control.abort(),
    };
    const error = await errorOf(
      history.freezeDataset({ model: willReturn, directory: "datasets", until: "2024-01-03" }, work),
    );
    expect(error.code).toBe("cancelled");
    expect(readdirSync(join(root, "datasets"))).toEqual(before);
  });

  test("is not written outside of the project", async () => {
    const error = await errorOf(history.freezeDataset({ model: willReturn, directory: "../elsewhere" }));
    expect(error.code).toBe("forbidden");
  });

  test("splits forward in time by what was known", async () => {
    const manifest = await history.freezeDataset({ model: willReturn, directory: "datasets" });
    const { times, labelKnown } = await history.readFrame(manifest.file.path, {});
    const boundary = start + 1000 * minute;
    const { train, test } = splitByTime({ asOf: times, labelKnown }, { trainUntil: boundary });
    expect(train.length).toBeGreaterThan(0);
    for (const row of train) expect(labelKnown[row]).toBeLessThan(boundary);
    for (const row of test) expect(times[row]).toBeGreaterThanOrEqual(boundary);
  });
});

describe("reading a frame", () => {
  test("gives numbers, and text as codes of sorted or given categories", async () => {
    const { file } = await history.freezeDataset({ model: willReturn, directory: "datasets" });
    const read = await history.readFrame(file.path, { columns: ["channel", "amount"] });
    const [channel, amount] = read.frame.columns;
    expect(channel).toMatchObject({ kind: "categorical", categories: ["", "café 😀", "shop", "web"] });
    expect(amount?.kind).toBe("numeric");
    expect(amount?.kind === "numeric" && amount.values.buffer instanceof SharedArrayBuffer).toBe(true);
    const given = await history.readFrame(file.path, {
      columns: ["channel"],
      categories: { channel: ["web", "phone"] },
      rows: Int32Array.from([0, 3, 5]),
    });
    expect(given.frame.columns[0]).toMatchObject({ categories: ["web", "phone"] });
    const codes = given.frame.columns[0]?.kind === "categorical" ? given.frame.columns[0].codes : [];
    const values = facts(500).filter(({ amount }) => amount !== null && (amount as number) > 0);
    expect([...codes]).toEqual([...given.rows].map((row) => (values[row]?.["channel"] === "web" ? 0 : -1)));
  });

  test("refuses columns that are not there, rows out of order and files of others", async () => {
    const { file } = await history.freezeDataset({ model: willReturn, directory: "datasets" });
    expect((await errorOf(history.readFrame(file.path, { columns: ["nope"] }))).code).toBe("not_found");
    const rows = Int32Array.from([3, 1]);
    expect((await errorOf(history.readFrame(file.path, { rows }))).code).toBe("invalid_input");
    expect((await errorOf(history.readFrame("orders.parquet", {}))).code).toBe("bad_data");
  });
});

describe("the data report", () => {
  test("finds what gives the label away, what is empty, and what follows time", async () => {
    const rows = Array.from({ length: 400 }, (_, i) => {
      const yes = (i * 7919) % 5 < 2;
      const noise = ((i * 104729) % 1000) / 1000;
      return {
        at: start + i * 60 * minute,
        yes,
        leak: yes ? 1 + noise : noise / 2,
        outcome_note: yes ? "filled" : null,
        code: yes ? `y${i % 3}` : `n${i % 3}`,
        clock: i * 2,
        same: 5,
        never: null,
        id: `row ${i}`,
        honest: noise,
        double: noise * 2,
      };
    });
    const columns = {
      at: t.timestamp,
      yes: t.bool,
      leak: t.float,
      outcome_note: t.string,
      code: t.string,
      clock: t.int,
      same: t.int,
      never: t.float,
      id: t.string,
      honest: t.float,
      double: t.float,
    };
    const names = Object.keys(columns).filter((name) => name !== "at" && name !== "yes");
    const kinds = Object.fromEntries(Object.entries(columns).map(([name, { kind }]) => [name, kind]));
    const shown = view("everything", { spine: columns, items: names as never });
    const { file } = await history.freezeDataset({
      view: shown,
      spine: { kind: "rows", columns: kinds, rows },
      asOf: "at",
      label: { column: "yes" },
      directory: "datasets",
    });
    const report = await history.report(file.path);
    const suspected = new Set(report.suspicions.map(({ column, kind }) => `${column}: ${kind}`));
    for (const expected of [
      "leak: predictsAlone",
      "code: predictsAlone",
      "outcome_note: missingnessPredicts",
      "clock: followsTime",
      "same: constant",
      "never: alwaysMissing",
      "id: identifier",
    ]) {
      expect(suspected).toContain(expected);
    }
    expect([...suspected].filter((text) => /^(honest|double)/.test(text))).toEqual([]);
    expect(report.correlatedPairs).toEqual([{ a: "honest", b: "double", r: expect.closeTo(1, 9) }]);
    expect(report.label).toMatchObject({ kind: "bool", missing: 0 });
    expect(report.period).toBe("day");
    expect(report.periods.reduce((n, { rows }) => n + rows, 0)).toBe(400);
    expect(report.duplicateRows).toBe(0);
    const honest = report.columns.find(({ name }) => name === "honest");
    expect(honest?.max).toBe(Math.max(...rows.map((row) => row.honest)));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
