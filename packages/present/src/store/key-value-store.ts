/** What lies in the store: facts with a key as they are now, timelines node by node, and notes about both. */
export const tables = ["meta", "facts", "nodes"] as const;
export type Table = (typeof tables)[number];

/** One change; `value` null removes the key. */
export interface Change {
  readonly table: Table;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Ordered bytes. The log is what is durable first; this holds state that can be made again from it, so a
 * write may take its time, but it is atomic. Keys are 1 to 1,500 bytes, ordered bytewise.
 */
export interface KeyValueStore {
  /** The value as last written; the bytes are only valid until the next call. */
  get(table: Table, key: Uint8Array): Uint8Array | undefined;
  /** Entries with from ≤ key < to, in order, at most `limit`; the bytes are the caller's to keep. */
  range(table: Table, from: Uint8Array, to: Uint8Array, limit: number): readonly Entry[];
  /** All changes or none, in order; resolves once they are on disk. */
  write(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}
