import type { Scalar, ScalarKind } from "@pawl/core";
import type { Row } from "../facts/fact-schema.ts";
import { lookupKey, storeKey } from "../store/store-key.ts";
import type { Change, KeyValueStore } from "../store/key-value-store.ts";

export interface KeptFact {
  readonly sequence: number;
  readonly row: Row;
}

/** The facts of one source with a key, as they are now: what a correction replaces and a removal removes. */
export class KeyedFacts {
  /** Changed since the last write; null is removed. */
  private changed = new Map<string, KeptFact | null>();
  /** On its way to the store. */
  private writing = new Map<string, KeptFact | null>();
  private readonly store: KeyValueStore;
  private readonly id: number;
  /** Kinds of the source's columns, in the order of rows. */
  kinds: readonly ScalarKind[] = [];

  constructor(store: KeyValueStore, id: number) {
    this.store = store;
    this.id = id;
  }

  get size(): number {
    return this.changed.size + this.writing.size;
  }

  get(key: string): KeptFact | undefined {
    const recent = this.changed.get(key) ?? (this.changed.has(key) ? null : this.writing.get(key));
    if (recent !== undefined) return recent ?? undefined;
    const bytes = this.store.get("facts", lookupKey(this.id, 0, key));
    return bytes ? this.decode(bytes) : undefined;
  }

  put(key: string, fact: KeptFact): void {
    this.changed.set(key, fact);
  }

  remove(key: string): void {
    this.changed.set(key, null);
  }

  /** Hands over what changed, in order, to be written in any number of steps, each followed by `written`. */
  *startWriting(): Generator<Change> {
    this.writing = this.changed;
    this.changed = new Map();
    const keys = [...this.writing.keys()].sort();
    for (const key of keys) {
      const fact = this.writing.get(key);
      const value = fact
        ? Buffer.from(JSON.stringify([fact.sequence, ...fact.row.map(plain)]), "utf8")
        : null;
      yield { table: "facts", key: storeKey(this.id, 0, key), value };
    }
  }

  /** Keys of stored facts, some at a time, after a place; only what was written is found. */
  stored(
    after: Uint8Array | undefined,
    limit: number,
  ): readonly (KeptFact & { key: string; at: Uint8Array })[] {
    const from = after ? Buffer.concat([after, Buffer.from([0])]) : storeKey(this.id, 0, "");
    return this.store.range("facts", from, storeKey(this.id + 1, 0, ""), limit).map(({ key, value }) => ({
      key: Buffer.from(key.subarray(8)).toString("utf8"),
      at: key,
      ...this.decode(value),
    }));
  }

  /** These changes are in the store. */
  written(changes: readonly Change[]): void {
    for (const { key } of changes) this.writing.delete(Buffer.from(key.subarray(8)).toString("utf8"));
  }

  failed(): void {
    for (const [key, fact] of this.writing) if (!this.changed.has(key)) this.changed.set(key, fact);
    this.writing = new Map();
  }

  private decode(bytes: Uint8Array): KeptFact {
    const [sequence, ...cells] = JSON.parse(Buffer.from(bytes).toString("utf8")) as [
      number,
      ...(Scalar | null)[],
    ];
    for (const [i, kind] of this.kinds.entries()) {
      const cell = cells[i];
      if (cell === undefined) cells[i] = null;
      else if (kind === "bigint" && cell !== null) cells[i] = BigInt(cell);
    }
    return { sequence, row: cells };
  }
}

const plain = (value: Scalar | null): string | number | boolean | null =>
  typeof value === "bigint" ? value.toString() : value;
