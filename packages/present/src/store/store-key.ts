import { room } from "./arena.ts";

const scratch = Buffer.allocUnsafe(4096);

/** Key of something in the store: whose it is, its number there, and its own key. Valid until the next call. */
export function lookupKey(id: number, no: number, key: string): Uint8Array {
  const length = scratch.write(key, 8, "utf8");
  scratch.writeUInt32BE(id, 0);
  scratch.writeUInt32BE(no, 4);
  return scratch.subarray(0, 8 + length);
}

/** The same, to keep. */
export function storeKey(id: number, no: number, key: string): Uint8Array {
  const found = lookupKey(id, no, key);
  const made = room(found.length);
  made.set(found);
  return made;
}
