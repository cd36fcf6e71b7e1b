import { PawlError } from "@pawl/core";
import type { Change, KeyValueStore } from "./key-value-store.ts";

export interface StoreCheck {
  readonly name: string;
  /** Throws when the store breaks its promise. */
  run(open: () => Promise<KeyValueStore>): Promise<void>;
}

const bytes = (...numbers: number[]): Uint8Array => Uint8Array.from(numbers);
const text = (value: Uint8Array | undefined): string =>
  value ? Buffer.from(value).toString("hex") : "nothing";

function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b)
    throw new PawlError("internal", `The store breaks its promise: ${what}.`, { found: a, expected: b });
}

const put = (key: Uint8Array, value: Uint8Array): Change => ({ table: "nodes", key, value });

/** What every store under the online half must do; a new one runs them all. */
export const keyValueStoreChecks: readonly StoreCheck[] = [
  {
    name: "reads what was written, and nothing where nothing was",
    run: async (open) => {
      const store = await open();
      await store.write([put(bytes(1), bytes(7, 8)), put(bytes(2), bytes(9))]);
      same("a value", text(store.get("nodes", bytes(1))), "0708");
      same("no value", text(store.get("nodes", bytes(3))), "nothing");
      same("another table", text(store.get("facts", bytes(1))), "nothing");
      await store.close();
    },
  },
  {
    name: "does the changes of one write in order",
    run: async (open) => {
      const store = await open();
      await store.write([
        put(bytes(1), bytes(1)),
        { table: "nodes", key: bytes(1), value: null },
        put(bytes(2), bytes(1)),
        put(bytes(2), bytes(2)),
        { table: "meta", key: bytes(9), value: null },
      ]);
      same("removed after written", text(store.get("nodes", bytes(1))), "nothing");
      same("the later value", text(store.get("nodes", bytes(2))), "02");
      await store.close();
    },
  },
  {
    name: "gives ranges bytewise in order, half-open and limited",
    run: async (open) => {
      const store = await open();
      const keys = [bytes(1), bytes(1, 0), bytes(1, 255), bytes(2), bytes(127), bytes(128), bytes(255, 1)];
      await store.write([...keys].reverse().map((key) => put(key, key)));
      const range = (from: Uint8Array, to: Uint8Array, limit: number): string[] =>
        store.range("nodes", from, to, limit).map(({ key }) => text(key));
      same("all", range(bytes(0), bytes(255, 255), 100), keys.map(text));
      same("half-open", range(bytes(1, 0), bytes(128), 100), ["0100", "01ff", "02", "7f"]);
      same("limited", range(bytes(1), bytes(255), 2), ["01", "0100"]);
      await store.close();
    },
  },
  {
    name: "takes keys of 1,100 bytes and values of a megabyte",
    run: async (open) => {
      const store = await open();
      const key = new Uint8Array(1100).fill(3);
      await store.write([put(key, new Uint8Array(2 ** 20).fill(5))]);
      const found = store.get("nodes", key);
      same("length", found?.length, 2 ** 20);
      same("last byte", found?.at(-1), 5);
      await store.close();
    },
  },
  {
    name: "shows a write to every read after it, through thousands",
    run: async (open) => {
      const store = await open();
      const key = (n: number): Uint8Array => bytes(n >> 8, n & 255);
      for (let round = 0; round < 20; round++) {
        const changes = Array.from({ length: 500 }, (_, n) => put(key((n * 7 + round) % 2000), bytes(round)));
        await store.write(changes);
        same("just written", text(store.get("nodes", key((499 * 7 + round) % 2000))), text(bytes(round)));
      }
      await store.close();
    },
  },
];
