import type { Work } from "@pawl/core";
import type { Micros } from "./words.ts";

/** Bytes named by their SHA-256. */
export interface Blob {
  /** 64 hex digits. */
  readonly hash: string;
  readonly bytes: number;
}

export interface StoredBlob extends Blob {
  readonly storedAt: Micros;
}

export interface PutOptions {
  /** Refuse with `bad_data` if the bytes have another hash. */
  readonly expect?: string;
  /** Refuse with `exhausted` beyond this many bytes. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Half-open [start, end) in bytes; the end of the blob when `end` is left out. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface GarbageOptions extends Work {
  /** Hashes to keep, as from `Ledger.blobsInUse`. */
  readonly keep: ReadonlySet<string>;
  /** Only blobs stored before this moment: younger ones may be about to be named. */
  readonly before: Micros;
  /** Report without removing; the default. */
  readonly dryRun?: boolean;
}

export interface GarbageReport {
  readonly dryRun: boolean;
  readonly kept: number;
  readonly removed: readonly StoredBlob[];
  readonly bytes: number;
}

/** Content-addressed bytes. What `put` has returned is on disk and complete. */
export interface BlobStore {
  /** Stores a stream. Nothing is visible until all of it is written; a failure leaves nothing behind. */
  put(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array,
    options?: PutOptions,
  ): Promise<Blob>;
  has(hash: string): Promise<boolean>;
  stat(hash: string): Promise<StoredBlob | undefined>;
  /** The bytes in chunks. `not_found` before the first chunk if there is no such blob. */
  get(hash: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** All bytes at once; for small ones. */
  read(hash: string, range?: ByteRange): Promise<Uint8Array>;
  /** Reads a blob and compares its hash. */
  verify(hash: string): Promise<boolean>;
  list(): AsyncIterable<StoredBlob>;
  /** Removes what nothing points to. */
  collectGarbage(options: GarbageOptions): Promise<GarbageReport>;
}
