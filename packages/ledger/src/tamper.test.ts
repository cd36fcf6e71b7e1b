import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { entryHash } from "./entry-hash.ts";
import type { Ledger } from "./ledger.ts";
import { openLedger } from "./open-ledger.ts";
import { LibsqlDatabase } from "./sql/libsql-database.ts";
import { systemSurroundings } from "./system-surroundings.ts";

let folder: string;
let file: string;
let ledger: Ledger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pawl-tamper-"));
  file = join(folder, "ledger.db");
  ledger = await openLedger({ file, ...systemSurroundings });
  for (const name of ["one", "two", "three", "four"]) await ledger.experiments.create({ name });
});
afterEach(async () => {
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

async function tamper(statement: string): Promise<void> {
  const database = await LibsqlDatabase.open(file);
  await database.write((sql) => sql.run(statement));
  await database.close();
}

test.each([
  ["another payload", `UPDATE timeline SET payload = replace(payload, 'three', 'drei') WHERE id = 3`, 3],
  ["another author", `UPDATE timeline SET actor_name = 'somebody' WHERE id = 2`, 2],
  ["another kind", `UPDATE timeline SET kind = 'experiment.removed' WHERE id = 4`, 4],
  ["another time", `UPDATE timeline SET at = at + 1 WHERE id = 4`, 4],
  ["another subject", `UPDATE timeline SET subject_version = 2 WHERE id = 1`, 1],
  ["an entry taken out", `DELETE FROM timeline WHERE id = 2`, 3],
  ["a payload that is not JSON", `UPDATE timeline SET payload = '{' WHERE id = 2`, 2],
])("%s breaks the chain", async (_, statement, id) => {
  expect((await ledger.timeline.verify()).intact).toBe(true);
  await tamper(statement);
  expect(await ledger.timeline.verify()).toMatchObject({ intact: false, broken: { id } });
});

test("entries taken from the end show against a head noted earlier", async () => {
  const since = await ledger.timeline.head();
  await tamper("DELETE FROM timeline WHERE id = 4");
  expect((await ledger.timeline.verify()).intact).toBe(true);
  expect(await ledger.timeline.verify({ since })).toMatchObject({ intact: false, broken: { id: 4 } });
});

test("a table changed behind the timeline's back differs from the replayed one", async () => {
  await tamper("UPDATE experiments SET name = 'forged' WHERE id = '2'");
  expect((await ledger.timeline.verify()).intact).toBe(true);
  const copy = await openLedger({ file: ":memory:", ...systemSurroundings });
  await copy.timeline.replay(ledger.timeline.entries());
  expect(await copy.fingerprint()).not.toBe(await ledger.fingerprint());
  await copy.close();
});

test("the hash can be recomputed from what is written down", () => {
  // A fixed value: if it changes, ledgers written before no longer verify.
  const entry = {
    id: 1,
    at: 1_700_000_000_000_000,
    actor: { kind: "person", name: "ada" },
    kind: "model.registered",
    subject: { kind: "model", name: "late", version: 1 },
  } as const;
  expect(entryHash("0".repeat(64), entry, '{"a":1}')).toBe(
    "4bfa8519cd33a81b8b0b19ee1b6e89309fdcb6f74653ab654e1fd69ec4aab77e",
  );
});
