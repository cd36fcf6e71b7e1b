import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog, count, entity, type Instant, last, mean, minutes, source, sum, t } from "@pawl/core";
import { afterEach, describe, expect, it } from "vitest";
import { onlineStoreChecks } from "./check-online-store.ts";
import { openPresent, type PresentParts } from "./embedded-present.ts";
import { diskFiles } from "./log/log-files.ts";
import type { LoggedFact, Present, PresentOptions } from "./present.ts";
import { memoryStore } from "./store/memory-store.ts";

const customer = entity("customer", { key: t.string });
const orders = source("orders", {
  columns: { at: t.timestamp, id: t.int, who: customer, amount: t.float },
  eventTime: "at",
  key: ["id"],
});
const byCustomer = orders.by("who").features((f) => ({
  n: count().over("1h"),
  mean: mean(f.amount).over("1h"),
  last: last(f.amount).over("1h"),
}));
const lifetime = orders.by("who").features((f) => ({ total: sum(f.amount) }), { name: "totals" });
const flights = source("flights", {
  columns: { departure: t.timestamp, who: customer, delay: t.int },
  eventTime: "departure",
  knownTime: (f) => f.departure.plus(minutes(f.delay)),
});
const landed = flights.by("who").features(() => ({ n: count() }));

const start = 1_700_000_000_000_000;
const minute = 60_000_000;

const opened: Present[] = [];
const directories: string[] = [];
afterEach(async () => {
  for (const present of opened.splice(0)) await present.close().catch(() => {});
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function fresh(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "pawl-present-"));
  directories.push(directory);
  return directory;
}

let time = start;
async function open(options: Partial<PresentOptions> = {}, parts: PresentParts = {}): Promise<Present> {
  const directory = options.directory ?? (await fresh());
  const present = await openPresent(
    { catalog: catalog([byCustomer, landed]), clock: () => time, ...options, directory },
    parts,
  );
  opened.push(present);
  return present;
}

const order = (id: number, amount: number, at = start - minute, who = "a") => ({ id, amount, at, who });
const ask = (present: Present, who = "a", view = "orders_by_who") =>
  present.vectors(view, [{ who }]).values[0];

describe.each(["memory", "lmdb"] as const)("an online store on %s", (store) => {
  it.each(onlineStoreChecks)("$name", async ({ run }) => {
    const directory = await fresh();
    const under = {
      open: (name: string, options: Pick<PresentOptions, "catalog" | "clock">) =>
        openPresent({ ...options, store, directory: join(directory, name) }),
    };
    await expect(run(under)).resolves.toBeUndefined();
  });
});

describe("facts in", () => {
  it("takes a fact once, corrects it, removes it, and starts again with the same", async () => {
    const directory = await fresh();
    let present = await open({ directory });
    const first = await present.push("orders", [order(1, 2), order(2, 4)]);
    expect(first).toMatchObject({ added: 2, corrected: 0, unchanged: 0, sequence: 2 });
    expect(ask(present)).toEqual([2, 3, 4]);
    expect(await present.push("orders", [order(1, 2)])).toMatchObject({
      added: 0,
      unchanged: 1,
      sequence: 1,
    });
    expect(await present.push("orders", [order(1, 8)])).toMatchObject({ corrected: 1, sequence: 3 });
    expect(ask(present)).toEqual([2, 6, 8]);
    await present.close();
    present = await open({ directory });
    expect(ask(present)).toEqual([2, 6, 8]);
    expect(await present.remove("orders", [{ id: 1 }, { id: 99 }])).toMatchObject({ removed: 1 });
    expect(ask(present)).toEqual([1, 4, 4]);
  });

  it("sees within one push what came before in it", async () => {
    const present = await open();
    const answer = await present.push("orders", [order(1, 2), order(1, 3), order(1, 3)]);
    expect(answer).toMatchObject({ added: 1, corrected: 1, unchanged: 1 });
    expect(ask(present)).toEqual([1, 3, 3]);
  });

  it("answers a named push again without doing it again, also after a new start", async () => {
    const directory = await fresh();
    let present = await open({ directory });
    const fact = { departure: start, who: "a", delay: 0 };
    const answer = await present.push("flights", [fact], { id: "p1" });
    expect(await present.push("flights", [fact], { id: "p1" })).toEqual(answer);
    await present.close();
    present = await open({ directory });
    expect(await present.push("flights", [fact], { id: "p1" })).toEqual(answer);
    expect(present.stats().sequence).toBe(1);
  });

  it("forgets the names of pushes after a week, and not before", async () => {
    const present = await open();
    const visit = { departure: start, who: "a", delay: 0 };
    await present.push("flights", [visit], { id: "old" });
    await present.checkpoint();
    time = start + 6 * 24 * 60 * minute;
    await present.push("flights", [visit], { id: "new" });
    await present.checkpoint();
    expect((await present.push("flights", [visit], { id: "old" })).sequence).toBe(1);
    time = start + 8 * 24 * 60 * minute;
    await present.push("orders", [order(1, 1)]);
    // One look ends at the last name, the next begins with the first.
    await present.checkpoint();
    await present.checkpoint();
    expect((await present.push("flights", [visit], { id: "old" })).sequence).toBe(4);
    expect((await present.push("flights", [visit], { id: "new" })).sequence).toBe(2);
    time = start;
  });

  it("refuses a whole push for one bad fact, and says what is wrong with which", async () => {
    const present = await open();
    const bad = { id: 2.5, at: "2024-02-30", who: 7, amount: "x", colour: "red" };
    await expect(present.push("orders", [order(1, 2), bad])).rejects.toMatchObject({
      code: "invalid_input",
      details: { rows: expect.arrayContaining([{ row: 1, problem: expect.stringContaining('"colour"') }]) },
    });
    await expect(present.push("orders", [{ id: 1, who: "a" }])).rejects.toMatchObject({
      code: "invalid_input",
    });
    await expect(present.push("nothing", [])).rejects.toMatchObject({ code: "not_found" });
    await expect(present.remove("flights", [{}])).rejects.toMatchObject({ code: "unsupported" });
    expect(present.stats().sequence).toBe(0);
  });

  it("refuses more when too much waits, says when to come back, and takes it then", async () => {
    const present = await open({ limits: { waitingFacts: 50 } });
    const pushes = Array.from({ length: 20 }, (_, i) =>
      present.push(
        "orders",
        Array.from({ length: 10 }, (_, j) => order(i * 10 + j, 1)),
      ),
    );
    const results = await Promise.allSettled(pushes);
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(refused.length).toBe(15);
    expect(refused[0]).toMatchObject({ code: "exhausted", details: { retryAfterMs: expect.any(Number) } });
    const all = Array.from({ length: 200 }, (_, i) => order(i, 1));
    expect(await present.pushStream("orders", all)).toMatchObject({ added: 150, unchanged: 50 });
  });

  it("keeps nothing of a push there was no room for", async () => {
    let room = true;
    const files: PresentParts["files"] = {
      ...diskFiles,
      append: async (path) => {
        const file = await diskFiles.append(path);
        const write: typeof file.write = async (bytes, at) => {
          if (!room) throw new Error("ENOSPC: no space left on device");
          await file.write(bytes, at);
        };
        return { ...file, write };
      },
    };
    const present = await open({}, { files });
    await present.push("orders", [order(1, 2)]);
    room = false;
    await expect(present.push("orders", [order(2, 4)])).rejects.toMatchObject({ code: "exhausted" });
    expect(ask(present)).toEqual([1, 2, 2]);
    room = true;
    await present.push("orders", [order(2, 4)]);
    expect(ask(present)).toEqual([2, 3, 4]);
  });

  it("stops taking facts while the state cannot be written, loses none, and goes on after", async () => {
    const store = memoryStore();
    let room = true;
    const failing = {
      ...store,
      write: (changes: Parameters<typeof store.write>[0]) =>
        room ? store.write(changes) : Promise.reject(new Error("MDB_MAP_FULL")),
    };
    const present = await open({ limits: { dirtyKeys: 10 } }, { store: failing });
    room = false;
    const results: PromiseSettledResult<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      const facts = Array.from({ length: 5 }, (_, j) => order(i * 5 + j, 1, start - minute, `k${i}-${j}`));
      results.push(...(await Promise.allSettled([present.push("orders", facts)])));
    }
    const taken = results.filter(({ status }) => status === "fulfilled").length;
    expect(taken).toBeLessThan(20);
    expect(results.at(-1)).toMatchObject({ reason: { code: "exhausted" } });
    expect(present.stats().sequence).toBe(taken * 5);
    room = true;
    expect(await present.pushStream("orders", [order(1000, 1)])).toMatchObject({ added: 1 });
    await present.checkpoint();
    expect(present.stats()).toMatchObject({ dirtyKeys: 0, sequence: taken * 5 + 1 });
  });
});

describe("features out", () => {
  it("says of every value what it is", async () => {
    const present = await open({ maxAge: { orders_by_who: "30m" } });
    await present.push("orders", [{ ...order(1, 0), amount: null }, order(2, 1, start - 40 * minute, "b")]);
    const { statuses, eventTimes } = present.vectors("orders_by_who", [
      { who: "a" },
      { who: "b" },
      { who: "c" },
      { who: null },
    ]);
    expect(statuses).toEqual([
      ["present", "null", "null"],
      ["outside_max_age", "outside_max_age", "outside_max_age"],
      ["not_found", "not_found", "not_found"],
      ["not_found", "not_found", "not_found"],
    ]);
    expect(eventTimes[0]?.[0]).toBe(start - minute);
    expect(() => present.vectors("orders_by_who", [{}])).toThrow(/Row 0/);
    expect(() => present.vectors("none", [{}])).toThrow(/no view/);
  });

  it("shows at a past moment what was known then", async () => {
    const present = await open();
    await present.push("flights", [{ departure: start, who: "a", delay: 30 }]);
    const at = (micros: number) =>
      present.vectors("flights_by_who", [{ who: "a" }], { asOf: micros as Instant }).values[0]?.[0];
    expect([at(start), at(start + 30 * minute), at(start + 30 * minute + 1)]).toEqual([0, 0, 1]);
    const many = present.vectors("flights_by_who", [{ who: "a" }, { who: "a" }], {
      asOf: [start as Instant, (start + 31 * minute) as Instant],
    });
    expect(many.values).toEqual([[0], [1]]);
  });

  it("never lets a reader miss what it was told is there, whatever the clock does", async () => {
    const directory = await fresh();
    let present = await open({ directory });
    const steps = [0, 5, -1_000_000, 3, -50 * minute, 0, 1];
    for (const [i, step] of steps.entries()) {
      time += step;
      // The producer's clock is 200 ms ahead.
      await present.push("orders", [order(i, 1, start + i + 200_000)]);
      expect(ask(present)?.[0]).toBe(i + 1);
      if (i % 3 !== 2) continue;
      const before = present.now();
      await present.close();
      present = await open({ directory });
      expect(present.now()).toBeGreaterThanOrEqual(before);
    }
    time = start;
  });
});

describe("definitions", () => {
  it("fills a new feature while facts come in, and tells nothing false meanwhile", async () => {
    const present = await open();
    const push = (from: number, n: number) =>
      present.push(
        "orders",
        Array.from({ length: n }, (_, i) => order(from + i, 1, start - minute, `k${i % 7}`)),
      );
    for (let i = 0; i < 30; i++) await push(i * 100, 100);
    const applied = await present.applyDefinitions(catalog([byCustomer, landed, lifetime]));
    expect(applied.backfilling).toEqual([]);
    const wider = orders.by("who", "id").features(() => ({ n: count() }), { name: "each" });
    const again = await present.applyDefinitions(catalog([byCustomer, landed, lifetime, wider]));
    expect(again.backfilling).toEqual(["orders by who, id"]);
    const unfinished = present.vectors("each", [{ who: "k0", id: 0 }]);
    expect(unfinished.statuses[0]).toEqual(["backfilling"]);
    expect(unfinished.values[0]).toEqual([null]);
    // Corrected, moved to another key and removed while the past is read.
    await Promise.all([
      push(3000, 100),
      present.push("orders", [order(7, 5, start, "moved")]),
      present.remove("orders", [{ id: 2995 }]),
    ]);
    await present.backfilled();
    const n = (who: string, id: number) => present.vectors("each", [{ who, id }]).values[0]?.[0];
    expect([n("k0", 0), n("moved", 7), n("k0", 7), n("k6", 2995), n("k4", 3004)]).toEqual([1, 1, 0, 0, 1]);
    expect(present.stats().indexes.every(({ state }) => state === "ready")).toBe(true);
    const gone = await present.applyDefinitions(catalog([byCustomer]));
    expect(gone.dropped).toContain("orders by who, id");
  });

  it("goes on with a backfill after a new start, and makes lost state again from the log", async () => {
    const directory = await fresh();
    let present = await open({ directory });
    await present.push(
      "orders",
      Array.from({ length: 500 }, (_, i) => order(i, i, start - minute, `k${i % 3}`)),
    );
    await present.applyDefinitions(
      catalog([byCustomer, lifetime, orders.by("id").features(() => ({ n: count() }))]),
    );
    await present.close();
    const all = catalog([byCustomer, lifetime, orders.by("id").features(() => ({ n: count() }))]);
    present = await open({ directory, catalog: all });
    await present.backfilled();
    const read = () => [
      ask(present, "k1", "totals"),
      present.vectors("orders_by_id", [{ id: 77 }]).values[0],
    ];
    const before = read();
    expect(before[1]).toEqual([1]);
    await present.close();
    await rm(join(directory, "state"), { recursive: true });
    present = await open({ directory, catalog: all });
    expect(read()).toEqual(before);
    expect(await present.push("orders", [order(77, 77, start - minute, "k2")])).toMatchObject({
      unchanged: 1,
    });
  });

  it("refuses a column or key with another meaning", async () => {
    const directory = await fresh();
    const present = await open({ directory });
    await present.push("orders", [order(1, 1)]);
    const other = source("orders", {
      columns: { at: t.timestamp, id: t.int, who: customer, amount: t.string },
      eventTime: "at",
      key: ["id"],
    });
    const changed = catalog([other.by("who").features(() => ({ n: count() }))]);
    await expect(present.applyDefinitions(changed)).rejects.toMatchObject({ code: "definition_conflict" });
    expect(ask(present)?.[0]).toBe(1);
  });
});

describe("the way to history", () => {
  it("gives every change once, and again only what was not confirmed", async () => {
    const directory = await fresh();
    let present = await open({ directory });
    for (let i = 0; i < 10; i++) await present.push("orders", [order(i, i)]);
    await present.remove("orders", [{ id: 3 }]);
    const got: LoggedFact[] = [];
    let calls = 0;
    const sink = async ({ facts }: { readonly facts: readonly LoggedFact[] }) => {
      if (++calls === 3) throw new Error("history is away");
      got.push(...facts);
    };
    await expect(present.exportLog(sink, { batchSize: 3 })).rejects.toThrow("away");
    await present.close();
    present = await open({ directory });
    expect(await present.exportLog(sink, { batchSize: 3 })).toMatchObject({ upTo: 11 });
    expect(got.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(got.filter(({ live }) => !live).map(({ sequence }) => sequence)).toEqual([4, 11]);
    expect(await present.exportLog(sink)).toMatchObject({ exported: 0, upTo: 11 });
    await present.push("orders", [order(50, 1)]);
    const after: number[] = [];
    for await (const { sequence } of present.facts({ after: present.stats().exportedUpTo }))
      after.push(sequence);
    expect(after).toEqual([12]);
  });

  it("forgets what no feature needs, once history has it", async () => {
    const directory = await fresh();
    let present = await open({ directory }, { segmentBytes: 2000 });
    for (let i = 0; i < 60; i++) await present.push("orders", [order(i, 1, start - (60 - i) * 3 * minute)]);
    const before = ask(present);
    const moment = (start - 70 * minute) as Instant;
    await expect(present.retain("orders", moment)).rejects.toMatchObject({ code: "conflict" });
    await present.exportLog(async () => {});
    await expect(present.retain("orders", (start - minute) as Instant)).rejects.toMatchObject({
      code: "conflict",
    });
    const files = (await readdir(join(directory, "log"))).length;
    expect(await present.retain("orders", moment)).toEqual({ forgotten: 37 });
    expect((await readdir(join(directory, "log"))).length).toBeLessThan(files);
    expect(ask(present)).toEqual(before);
    expect(() =>
      present.vectors("orders_by_who", [{ who: "a" }], { asOf: (start - 60 * minute) as Instant }),
    ).toThrow(/forgotten/);
    await present.close();
    present = await open({ directory }, { segmentBytes: 2000 });
    expect(ask(present)).toEqual(before);
    await present.close();
    await rm(join(directory, "state"), { recursive: true });
    present = await open({ directory }, { segmentBytes: 2000 });
    expect(ask(present)).toEqual(before);
    const early = { asOf: (start - 60 * minute) as Instant };
    expect(() => present.vectors("orders_by_who", [{ who: "a" }], early)).toThrow(/forgotten/);
  });
});

describe("a directory", () => {
  it("belongs to one process at a time", async () => {
    const directory = await fresh();
    await open({ directory });
    await expect(open({ directory })).rejects.toMatchObject({ code: "conflict" });
  });

  it("with a torn state file is refused with what to do, and doing it loses nothing", async () => {
    const directory = await fresh();
    let present = await open({ directory });
    await present.push(
      "orders",
      Array.from({ length: 2000 }, (_, i) => order(i, 1, start - minute, `k${i}`)),
    );
    await present.close();
    await truncate(join(directory, "state", "data.mdb"), 40_000);
    await expect(open({ directory })).rejects.toMatchObject({ code: "bad_data" });
    await rm(join(directory, "state"), { recursive: true });
    present = await open({ directory });
    expect(ask(present, "k7")?.[0]).toBe(1);
  });

  it("with a shortened log is refused", async () => {
    const directory = await fresh();
    const present = await open({ directory });
    await present.push("orders", [order(1, 1)]);
    await present.push("orders", [order(2, 1)]);
    await present.close();
    const path = join(directory, "log", (await readdir(join(directory, "log")))[0] as string);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 60));
    await expect(open({ directory })).rejects.toMatchObject({ code: "bad_data" });
  });
});
