import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkBlobStore } from "./check/index.ts";
import { folderBlobs } from "./folder-blobs.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pawl-blobs-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test.each(checkBlobStore(async () => folderBlobs({ folder })))("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

test("a changed byte is found by verify", async () => {
  const store = folderBlobs({ folder });
  const { hash } = await store.put(Buffer.from("honest"));
  await writeFile(join(folder, hash.slice(0, 2), hash), "forged");
  expect(await store.verify(hash)).toBe(false);
});

test("drafts never stay, and abandoned ones are cleared with the garbage", async () => {
  const store = folderBlobs({ folder });
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("gone");
  }
  await expect(store.put(broken())).rejects.toThrow("gone");
  expect(await readdir(join(folder, "incoming"))).toEqual([]);
  await writeFile(join(folder, "incoming", "draft of a killed process"), "half");
  await store.collectGarbage({ keep: new Set(), before: (Date.now() + 1_000) * 1_000, dryRun: false });
  expect(await readdir(join(folder, "incoming"))).toEqual([]);
});

test("a folder that cannot be written is named as the cause", async () => {
  await mkdir(join(folder, "store"));
  await writeFile(join(folder, "store", "incoming"), "a file where a folder must be");
  const store = folderBlobs({ folder: join(folder, "store") });
  await expect(store.put(Buffer.from("x"))).rejects.toMatchObject({ code: "unavailable" });
});
