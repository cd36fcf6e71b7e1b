import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PawlError } from "@pawl/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLedger } from "./open-ledger.ts";
import { systemSurroundings } from "./system-surroundings.ts";
import { LibsqlDatabase } from "./sql/libsql-database.ts";
import { migrate, migrations } from "./sql/migrations.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pawl-ledger-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const open = (name = "ledger.db") => openLedger({ file: join(folder, name), ...systemSurroundings });

async function refusal(promise: Promise<unknown>): Promise<PawlError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(PawlError);
  return thrown as PawlError;
}

test("what was written is there after opening again", async () => {
  const first = await open();
  const { id } = await first.experiments.create({ name: "delays", tags: { team: "ops" } });
  const run = await first.runs.start({ experimentId: id, params: { depth: "6" }, seed: 7 });
  await first.runs.log(run.id, { metrics: [{ key: "auc", value: 0.8, at: 5, step: 1 }] });
  await first.close();
  const second = await open();
  const again = await second.runs.get(run.id);
  expect(again).toMatchObject({ params: { depth: "6" }, seed: 7, status: "running" });
  expect(again?.metrics).toEqual([{ key: "auc", value: 0.8, at: 5, step: 1 }]);
  expect((await second.timeline.verify()).intact).toBe(true);
  await second.close();
});

test("a ledger of a newer Pawl is refused and left alone", async () => {
  const database = await LibsqlDatabase.open(join(folder, "ledger.db"));
  await migrate(database, [
    ...migrations,
    { version: 99, name: "from the future", statements: () => ["CREATE TABLE future (id INTEGER)"] },
  ]);
  await database.close();
  const error = await refusal(open());
  expect(error.code).toBe("unsupported");
  expect(error.found).toBe("schema 99");
});

test("a migration that fails leaves the schema before it", async () => {
  const file = join(folder, "ledger.db");
  await (await open()).close();
  const database = await LibsqlDatabase.open(file);
  const broken = {
    version: 2,
    name: "broken",
    statements: () => ["CREATE TABLE half (id INTEGER)", "CREATE TABLE"],
  };
  await refusal(migrate(database, [...migrations, broken]));
  const tables = await database.read((sql) =>
    sql.all<{ name: string }>("SELECT name FROM sqlite_master WHERE name = 'half'"),
  );
  expect(tables).toEqual([]);
  await database.close();
  const ledger = await open();
  expect(await ledger.timeline.head()).toMatchObject({ id: 0 });
  await ledger.close();
});

test("a file that is no database, and a database that is no ledger, are refused in words", async () => {
  await writeFile(
    join(folder, "notes.txt"),
    "these are notes, and not short enough to be an empty file".repeat(40),
  );
  expect((await refusal(open("notes.txt"))).code).toBe("bad_data");
  const other = await LibsqlDatabase.open(join(folder, "other.db"));
  await other.write((sql) => sql.run("CREATE TABLE timeline (id INTEGER)"));
  await other.close();
  const error = await refusal(open("other.db"));
  expect(error.code).toBe("bad_data");
  expect(error.message).toContain("another program");
  expect((await refusal(open("no/such/folder/ledger.db"))).code).toBe("unavailable");
});

test("two ledgers on one file see each other's changes and share one chain", async () => {
  const [one, other] = [await open(), await open()];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : other).experiments.create({ name: `experiment ${index}` }),
    ),
  );
  expect((await one.experiments.search()).items).toHaveLength(20);
  expect(await other.timeline.verify()).toMatchObject({ intact: true, checked: 20 });
  await one.close();
  await other.close();
});

test("a closed ledger says so", async () => {
  const ledger = await open();
  await ledger.close();
  await ledger.close();
  expect((await refusal(ledger.runs.search())).message).toBe("The ledger is closed.");
});

test("values the driver cannot store are refused before they reach it", async () => {
  const ledger = await open();
  for (const name of ["nul \0 inside", "half \ud800 pair"]) {
    expect((await refusal(ledger.experiments.create({ name }))).code).toBe("invalid_input");
  }
  expect(await ledger.timeline.head()).toMatchObject({ id: 0 });
  await ledger.close();
});
