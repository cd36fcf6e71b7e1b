import { createHash } from "node:crypto";
import fc from "fast-check";
import type { BlobStore } from "../blobs.ts";
import { type Case, collected, deepEqual, equal, hashOf, ok, refused, there } from "./case.ts";

/** Makes a new, empty store. What it stands on is the caller's to clear away. */
export type OpenBlobStore = () => Promise<BlobStore>;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function isEmpty(store: BlobStore): Promise<boolean> {
  return (await collected(store.list())).length === 0;
}

async function roundTrip(open: OpenBlobStore): Promise<void> {
  const store = await open();
  const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.nat(), fc.nat(), async (parts, a, b) => {
      const whole = Buffer.concat(parts);
      const blob = await store.put(parts);
      deepEqual(blob, { hash: sha256(whole), bytes: whole.length });
      ok(Buffer.from(await store.read(blob.hash)).equals(whole));
      const [start = 0, end = 0] = [a % (whole.length + 1), b % (whole.length + 1)].sort((x, y) => x - y);
      ok(Buffer.from(await store.read(blob.hash, { start, end })).equals(whole.subarray(start, end)));
      ok(Buffer.from(await store.read(blob.hash, { start })).equals(whole.subarray(start)));
      ok(await store.verify(blob.hash));
      equal(there(await store.stat(blob.hash)).bytes, whole.length);
    }),
    { numRuns: 50 },
  );
}

function onStore(open: OpenBlobStore, name: string, run: (store: BlobStore) => Promise<void>): Case {
  return { name, run: async () => run(await open()) };
}

/** What every blob store must do, as cases for any test runner. See `checkLedger`. */
export function checkBlobStore(open: OpenBlobStore): readonly Case[] {
  return [
    { name: "what was put is got, whole or in part, whatever the chunks", run: () => roundTrip(open) },

    onStore(open, "the same bytes are stored once, also at the same time", async (store) => {
      const blobs = await Promise.all(Array.from({ length: 8 }, () => store.put(bytesOf("same"))));
      equal(new Set(blobs.map(({ hash }) => hash)).size, 1);
      equal((await collected(store.list())).length, 1);
      ok(await store.has(sha256(bytesOf("same"))));
    }),

    onStore(open, "bytes larger than any buffer pass through", async (store) => {
      const chunk = new Uint8Array(1 << 20).map((_, index) => (index * 31) & 255);
      async function* many(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < 12; index += 1) yield chunk;
      }
      const { hash, bytes } = await store.put(many());
      equal(bytes, 12 << 20);
      const digest = createHash("sha256");
      for await (const part of store.get(hash)) digest.update(part);
      equal(digest.digest("hex"), hash);
    }),

    onStore(open, "a source that breaks off leaves nothing behind", async (store) => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield bytesOf("half");
        throw new Error("the sender is gone");
      }
      let message = "";
      await store.put(broken()).catch((error: Error) => {
        message = error.message;
      });
      equal(message, "the sender is gone");
      ok(await isEmpty(store));
    }),

    onStore(open, "stopping leaves nothing behind", async (store) => {
      const stop = new AbortController();
      async function* slow(): AsyncGenerator<Uint8Array> {
        yield bytesOf("first");
        stop.abort();
        yield bytesOf("second");
      }
      let name = "";
      await store.put(slow(), { signal: stop.signal }).catch((error: Error) => {
        ({ name } = error);
      });
      equal(name, "AbortError");
      ok(await isEmpty(store));
    }),

    onStore(open, "bytes other than announced, or too many, are refused and not kept", async (store) => {
      await refused(store.put(bytesOf("these"), { expect: sha256(bytesOf("those")) }), "bad_data");
      await refused(store.put([bytesOf("1234"), bytesOf("5678")], { maxBytes: 7 }), "exhausted");
      ok(await isEmpty(store));
      equal((await store.put(bytesOf("12345678"), { maxBytes: 8 })).bytes, 8);
    }),

    onStore(open, "only hashes are looked up", async (store) => {
      for (const name of ["../../etc/passwd", "..", "", "ABC", `${"a".repeat(63)}/`, "g".repeat(64)]) {
        await refused(store.has(name), "invalid_input");
        await refused(store.read(name), "invalid_input");
        await refused(store.verify(name), "invalid_input");
      }
    }),

    onStore(open, "what is not there is said not to be", async (store) => {
      const hash = hashOf("nothing");
      equal(await store.has(hash), false);
      equal(await store.stat(hash), undefined);
      await refused(store.read(hash), "not_found");
      await refused(store.verify(hash), "not_found");
    }),

    onStore(open, "ranges outside the blob are refused", async (store) => {
      const { hash } = await store.put(bytesOf("12345"));
      for (const range of [
        { start: 6 },
        { start: 0, end: 6 },
        { start: 3, end: 2 },
        { start: -1 },
        { start: 0.5 },
      ]) {
        await refused(store.read(hash, range), "invalid_input");
      }
      equal((await store.read(hash, { start: 5 })).length, 0);
    }),

    onStore(
      open,
      "garbage is what nothing keeps and is old enough, and a rehearsal removes nothing",
      async (store) => {
        const kept = await store.put(bytesOf("kept"));
        const unused = await store.put(bytesOf("unused"));
        const { storedAt } = there(await store.stat(unused.hash));
        const keep = new Set([kept.hash]);
        const later = storedAt + 1_000_000;
        const young = await store.collectGarbage({ keep, before: storedAt - 60_000_000, dryRun: false });
        deepEqual([young.kept, young.removed.length], [2, 0]);
        const rehearsal = await store.collectGarbage({ keep, before: later });
        deepEqual([rehearsal.dryRun, rehearsal.removed.map(({ hash }) => hash)], [true, [unused.hash]]);
        ok(await store.has(unused.hash));
        const real = await store.collectGarbage({ keep, before: later, dryRun: false });
        deepEqual([real.kept, real.bytes, real.removed.map(({ hash }) => hash)], [1, 6, [unused.hash]]);
        equal(await store.has(unused.hash), false);
        ok(await store.has(kept.hash));
      },
    ),
  ];
}
