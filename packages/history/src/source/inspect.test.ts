import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  csv,
  duckdbTable,
  entity,
  json,
  last,
  type Location,
  parquet,
  plan,
  source,
  t,
  view,
} from "@pawl/core";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFacts } from "../facts-file.test-support.ts";
import type { History } from "../history.ts";
import { openHistory } from "../open-history.ts";

const root = mkdtempSync(join(tmpdir(), "pawl-inspect-"));
const outside = mkdtempSync(join(tmpdir(), "pawl-outside-"));
const hour = 3_600_000_000;

const machine = entity("machine", { key: t.int });
const columns = {
  at: t.timestamp,
  machine,
  text: t.string,
  level: t.float,
  fine: t.bool,
  serial: t.bigint,
  took: t.duration,
};
const readings = (from: Location) => source("readings", { columns, eventTime: "at", key: ["serial"], from });
const facts = [
  { at: 1_000_000 * hour, machine: 1, text: "a", level: 1.5, fine: true, serial: 9007199254740993n, took: 5 },
  {
    at: 1_000_001 * hour,
    machine: null,
    text: "",
    level: Number.POSITIVE_INFINITY,
    fine: null,
    serial: -1n,
    took: 6,
  },
  { at: null, machine: 2, text: "it's 😀", level: Number.NaN, fine: false, serial: -1n, took: null },
];

let history: History;
async function file(name: string, sql: string): Promise<void> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(sql.replace("$FILE", join(root, name)));
  connection.closeSync();
}

beforeAll(async () => {
  history = await openHistory({ root, threads: 1 });
  await writeFacts(join(root, "good.parquet"), { columns }, facts);
  await writeFacts(join(root, "good.csv"), { columns }, facts, "csv");
  await writeFacts(join(root, "good.json"), { columns }, facts, "json");
  const database = await (await DuckDBInstance.create(join(root, "good.duckdb"))).connect();
  await database.run(`CREATE TABLE readings AS FROM '${join(root, "good.parquet")}'`);
  await database.run("CREATE SCHEMA plant; CREATE TABLE plant.shown AS FROM readings");
  database.closeSync();
});
afterAll(async () => {
  await history.close();
  rmSync(root, { recursive: true, force: true });
  rmSync(outside, { recursive: true, force: true });
});

describe("a source that is as declared", () => {
  test.each([
    ["Parquet", parquet("good.parquet")],
    ["a pattern of files", parquet("go*.parquet")],
    ["CSV", csv("good.csv")],
    ["NDJSON", json("good.json")],
    ["a DuckDB table", duckdbTable("good.duckdb", "readings")],
    ["a table in a schema", duckdbTable("good.duckdb", "plant.shown")],
  ])("is counted: %s", async (_, from) => {
    const found = await history.inspect(readings(from));
    expect(found.problems).toEqual([]);
    expect(found).toMatchObject({
      rows: 3,
      firstEventTime: 1_000_000 * hour,
      lastEventTime: 1_000_001 * hour,
      withoutTime: 1,
      lateShare: 0,
      plannedShare: 0,
      nullKeys: { machine: 1, serial: 0 },
      duplicateKeys: 1,
      undeclared: [],
    });
    expect(found.remarks).toHaveLength(3);
  });

  test("says how late facts are learned", async () => {
    const late = source("late", {
      columns: { at: t.timestamp, known: t.timestamp },
      eventTime: "at",
      knownTime: "known",
      from: parquet("late.parquet"),
    });
    const rows = [0, 1, 2, 3].map((i) => ({ at: i * hour, known: i * hour + (i - 1) * hour }));
    await writeFacts(join(root, "late.parquet"), late, rows);
    expect(await history.inspect(late)).toMatchObject({
      lateShare: 0.5,
      plannedShare: 0.25,
      medianDelay: 1.5 * hour,
    });
  });

  test("may have columns of other names in the file, and more of them", async () => {
    await file(
      "renamed.parquet",
      "COPY (SELECT 1 AS extra, TIMESTAMP '2024-01-01' AS \"When\") TO '$FILE' (FORMAT parquet)",
    );
    const renamed = source("renamed", {
      columns: { at: t.timestamp },
      eventTime: "at",
      from: parquet("renamed.parquet", { rename: { at: "When" } }),
    });
    const found = await history.inspect(renamed);
    expect(found).toMatchObject({ problems: [], rows: 1, undeclared: ["extra"] });
    expect(found.columns[0]).toMatchObject({ physicalName: "When", physicalType: "TIMESTAMP" });
  });
});

describe("a source that is not", () => {
  const one = { at: t.timestamp, n: t.int };
  const of = (from: Location | undefined, declared: Parameters<typeof source>[1]["columns"] = one) =>
    source("broken", { columns: declared, eventTime: "at" as never, ...(from && { from }) });
  const copy = (select: string, format = "parquet") => `COPY (${select}) TO '$FILE' (FORMAT ${format})`;
  const now = "TIMESTAMP '2024-01-01' AS at";

  beforeAll(async () => {
    writeFileSync(join(root, "torn.parquet"), "PAR1 and then nothing of use");
    writeFileSync(join(root, "empty.csv"), "");
    writeFileSync(join(root, "twice.csv"), "at,n,n\n2024-01-01,1,2\n");
    writeFileSync(join(root, "times.csv"), "at,n\n2024-01-01,1\n2024-02-30,2\n");
    writeFileSync(join(root, "words.csv"), "at,n\n2024-01-01,many\n");
    mkdirSync(join(root, "folder"));
    await file("text.parquet", copy(`SELECT ${now}, 'x' AS n`));
    await file("half.parquet", copy(`SELECT ${now}, 1.5::DOUBLE AS n`));
    await file("wide.parquet", copy(`SELECT ${now}, 9007199254740993 AS n`));
    await file("fewer.parquet", copy(`SELECT ${now}`));
    await file("number.parquet", copy("SELECT 5 AS at, 1 AS n"));
    writeFileSync(join(outside, "secret.parquet"), "");
    symlinkSync(outside, join(root, "link"));
  });

  test.each<[string, ReturnType<typeof of>, string, RegExp, RegExp]>([
    ["no place", of(undefined), "invalid_input", /where its facts lie/, /Add `from`/],
    ["a missing file", of(parquet("nowhere.parquet")), "not_found", /not there/, /relative paths start/],
    ["a pattern without files", of(parquet("none-*.parquet")), "not_found", /No file matches/, /pattern/],
    ["a folder", of(parquet("folder")), "bad_data", /is a folder/, /folder\/\*\.parquet/],
    ["a torn Parquet file", of(parquet("torn.parquet")), "bad_data", /cannot be read as parquet/, /complete/],
    ["a file that is no database", of(duckdbTable("torn.parquet", "t")), "bad_data", /DuckDB file/, /./],
    ["a missing table", of(duckdbTable("good.duckdb", "nope")), "bad_data", /cannot be read as duckdb/, /./],
    ["two columns of one name", of(csv("twice.csv")), "bad_data", /two columns of the same name/, /Rename/],
    ["a missing column", of(parquet("fewer.parquet")), "bad_data", /no column "n"/, /rename/],
    ["text for a number", of(parquet("text.parquet")), "bad_data", /another type/, /Declare the column/],
    ["a number for a moment", of(parquet("number.parquet")), "bad_data", /another type/, /Declare/],
    ["a fraction declared int", of(parquet("half.parquet")), "bad_data", /not what was declared/, /Correct/],
    [
      "an identifier declared int",
      of(parquet("wide.parquet")),
      "bad_data",
      /not what was declared/,
      /Correct/,
    ],
    ["a day that is not", of(csv("times.csv")), "bad_data", /broken\.at/, /Correct/],
    ["words for numbers", of(csv("words.csv")), "bad_data", /broken\.n/, /Correct/],
    ["a path out of the project", of(parquet("../x.parquet")), "forbidden", /out of the project/, /allow/],
    [
      "a link out of the project",
      of(parquet("link/secret.parquet")),
      "forbidden",
      /out of the project/,
      /allow/,
    ],
    ["an address", of(parquet("https://example.org/x.parquet")), "unsupported", /local files/, /Copy/],
  ])("is refused by name: %s", async (_, broken, code, message, next) => {
    const { problems, rows } = await history.inspect(broken);
    expect(rows).toBe(0);
    expect(problems[0]).toMatchObject({ code });
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.next ?? "x").toMatch(next);
  });

  test("names what was found", async () => {
    const { problems } = await history.inspect(of(csv("times.csv")));
    expect(problems[0]).toMatchObject({ found: "2024-02-30", expected: "a date and time in ISO 8601" });
    const wide = await history.inspect(of(parquet("wide.parquet")));
    expect(wide.problems[0]?.found).toBe("9007199254740993");
  });

  test("an empty CSV file has none of the columns", async () => {
    const { problems } = await history.inspect(of(csv("empty.csv")));
    expect(problems.length).toBeGreaterThan(0);
  });

  test("names that differ in case only are refused before anything is read", () => {
    const twins = source("twins", { columns: { at: t.timestamp, N: t.int, n: t.int }, eventTime: "at" });
    const group = twins.by("n").features((f) => ({ x: last(f.N) }));
    const shown = view("v", { spine: { n: t.int }, items: [group] });
    const planned = plan(shown, new Map([[group.name, group as never]]));
    expect(() => history.check(planned)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });
});
