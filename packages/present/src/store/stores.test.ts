import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { keyValueStoreChecks } from "./check-key-value-store.ts";
import { lmdbStore } from "./lmdb-store.ts";
import { memoryStore } from "./memory-store.ts";

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

const stores = {
  memory: async () => memoryStore(),
  lmdb: async () => {
    const directory = await mkdtemp(join(tmpdir(), "pawl-store-"));
    directories.push(directory);
    return lmdbStore(directory);
  },
};

describe.each(Object.entries(stores))("the %s store", (_, open) => {
  it.each(keyValueStoreChecks)("$name", async ({ run }) => {
    await expect(run(open)).resolves.toBeUndefined();
  });
});

it("a store on disk holds after closing what was written before", async () => {
  const directory = await mkdtemp(join(tmpdir(), "pawl-store-"));
  directories.push(directory);
  const key = Buffer.from("key");
  const first = lmdbStore(directory);
  await first.write([{ table: "meta", key, value: Buffer.from("value") }]);
  await first.close();
  const second = lmdbStore(directory);
  expect(Buffer.from(second.get("meta", key) ?? []).toString()).toBe("value");
  await second.close();
});
