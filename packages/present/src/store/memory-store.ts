import type { Change, Entry, KeyValueStore, Table } from "./key-value-store.ts";

/** A store that lives as long as the process: for tests, and to say what a store must do. */
export function memoryStore(): KeyValueStore {
  const tables = new Map<Table, Map<string, Uint8Array>>();
  const table = (name: Table): Map<string, Uint8Array> => {
    let found = tables.get(name);
    if (!found) tables.set(name, (found = new Map()));
    return found;
  };
  // Latin-1 keeps bytes apart and in order.
  const text = (key: Uint8Array): string => Buffer.from(key).toString("latin1");
  const apply = ({ table: name, key, value }: Change): void => {
    if (value === null) table(name).delete(text(key));
    else table(name).set(text(key), Uint8Array.from(value));
  };
  return {
    get: (name, key) => table(name).get(text(key)),
    range: (name, from, to, limit) => {
      const [low, high] = [text(from), text(to)];
      const keys = [...table(name).keys()].filter((key) => key >= low && key < high).sort();
      return keys.slice(0, limit).map(
        (key): Entry => ({
          key: Buffer.from(key, "latin1"),
          value: table(name).get(key) ?? new Uint8Array(),
        }),
      );
    },
    write: async (changes) => {
      // Bytes may change hands after the call, so they are taken at once.
      for (const change of changes) apply(change);
    },
    close: async () => tables.clear(),
  };
}
