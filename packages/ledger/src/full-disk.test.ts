import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LibsqlDatabase } from "./sql/libsql-database.ts";
import { migrate } from "./sql/migrations.ts";
import { sqlLedger } from "./sql/sql-ledger.ts";
import { systemSurroundings } from "./system-surroundings.ts";

test("a ledger without room refuses the change, keeps the rest and works again with room", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pawl-full-"));
  const database = await LibsqlDatabase.open(join(folder, "ledger.db"));
  await migrate(database);
  const ledger = sqlLedger(database, systemSurroundings, { kind: "system", name: "pawl" });
  const { id } = await ledger.experiments.create({ name: "full" });
  const run = await ledger.runs.start({ experimentId: id });
  // SQLite answers a page limit exactly as it does a full disk.
  await database.read((sql) => sql.all("PRAGMA max_page_count = 120"));
  const metrics = Array.from({ length: 1_000 }, (_, step) => ({ key: "loss", value: step, at: 0, step }));
  let rounds = 0;
  const fill = async (): Promise<void> => {
    for (; rounds < 100; rounds += 1) {
      await ledger.runs.log(run.id, { metrics: metrics.map((one) => ({ ...one, at: rounds })) });
    }
  };
  await expect(fill()).rejects.toMatchObject({ code: "exhausted", next: "Free space, then repeat." });
  expect(rounds).toBeGreaterThan(0);
  expect((await ledger.timeline.verify()).intact).toBe(true);
  expect((await ledger.runs.history(run.id, { key: "loss" })).items).toHaveLength(rounds * 1_000);
  await database.read((sql) => sql.all("PRAGMA max_page_count = 100000"));
  await ledger.runs.log(run.id, { metrics });
  await ledger.close();
  await rm(folder, { recursive: true });
});

test("a blob store without room says so and keeps no half of a blob", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pawl-full-"));
  const program = `
    import { folderBlobs } from ${JSON.stringify(new URL("./folder-blobs.ts", import.meta.url).href)};
    async function* large() { for (let i = 0; i < 200; i += 1) yield new Uint8Array(65536); }
    const blobs = folderBlobs({ folder: process.argv[1] });
    process.on("SIGXFSZ", () => {});
    const small = await blobs.put(new Uint8Array(10));
    const error = await blobs.put(large()).then(() => undefined, (thrown) => thrown);
    process.stdout.write(JSON.stringify({ code: error?.code, kept: await blobs.verify(small.hash) }));
  `;
  // No file over 2,048 blocks of 512 or 1,024 bytes: the 13 MB blob does not fit.
  const child = spawn(
    "sh",
    [
      "-c",
      'ulimit -f 2048; exec "$0" "$@"',
      process.execPath,
      "--conditions=pawl-source",
      "--import",
      "tsx",
      "--input-type=module",
      "-e",
      program,
      folder,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child, "close");
  expect(JSON.parse(said)).toEqual({ code: "exhausted", kept: true });
  expect(await readdir(join(folder, "incoming"))).toEqual([]);
  await rm(folder, { recursive: true });
});
