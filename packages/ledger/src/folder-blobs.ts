import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PawlError } from "@pawl/core";
import type {
  Blob,
  BlobStore,
  ByteRange,
  GarbageOptions,
  GarbageReport,
  PutOptions,
  StoredBlob,
} from "./blobs.ts";
import { checkHash, checkWhole } from "./checks.ts";

export interface FolderBlobsOptions {
  /** The store's own folder; made when there is none. */
  readonly folder: string;
}

function code(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : undefined;
}

const unusable = new Set(["EACCES", "EPERM", "EROFS", "EIO", "ENOTDIR", "EEXIST", "EISDIR", "EMFILE"]);

/** What the file system's refusals mean to a person. */
function fileError(thrown: unknown, doing: string): unknown {
  const found = code(thrown);
  if (found === "ENOSPC" || found === "EDQUOT" || found === "EFBIG") {
    return new PawlError("exhausted", "There is no room in the blob store; nothing was stored.", {
      found,
      expected: "room for the bytes",
      next: "Free space, for example with garbage collection, then repeat.",
      cause: thrown,
    });
  }
  if (found !== undefined && unusable.has(found)) {
    return new PawlError("unavailable", `The blob store's folder does not allow ${doing}.`, {
      found,
      expected: "a folder that may be read and written",
      next: "Check its rights and its disk.",
      cause: thrown,
    });
  }
  return thrown;
}

/** Makes a rename or a removal in a folder survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (thrown) {
    // Some file systems refuse to sync a folder; theirs is then the order of operations.
    if (code(thrown) !== "EINVAL" && code(thrown) !== "EISDIR") throw thrown;
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done);
    done += bytesWritten;
  }
}

/**
 * Blobs as files: `<folder>/<first two digits>/<hash>`, and `<folder>/incoming` for what is not complete.
 * A blob is written beside its place, flushed, and renamed, so that no reader ever sees half of one.
 */
export function folderBlobs({ folder }: FolderBlobsOptions): BlobStore {
  const incoming = join(folder, "incoming");

  /** The only way from a hash to a path: whatever is not 64 hex digits stops here. */
  const place = (hash: string): { readonly shelf: string; readonly file: string } => {
    checkHash("hash of the blob", hash);
    const shelf = join(folder, hash.slice(0, 2));
    return { shelf, file: join(shelf, hash) };
  };

  const find = async (hash: string): Promise<StoredBlob | undefined> => {
    try {
      const found = await stat(place(hash).file);
      return { hash, bytes: found.size, storedAt: Math.round(found.mtimeMs * 1_000) };
    } catch (thrown) {
      if (code(thrown) === "ENOENT") return undefined;
      throw fileError(thrown, "reading");
    }
  };

  const mustFind = async (hash: string): Promise<StoredBlob> => {
    const found = await find(hash);
    if (found !== undefined) return found;
    throw new PawlError("not_found", `There is no blob ${hash.slice(0, 12)}….`, {
      found: hash,
      expected: "the hash of stored bytes",
      next: "Check the hash; the bytes may have been removed as garbage.",
    });
  };

  const receive = async (
    handle: FileHandle,
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { maxBytes = Number.POSITIVE_INFINITY, signal }: PutOptions,
  ): Promise<Blob> => {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of bytes) {
      signal?.throwIfAborted();
      size += chunk.length;
      if (size > maxBytes) {
        throw new PawlError("exhausted", "The bytes are more than allowed; nothing was stored.", {
          found: `more than ${maxBytes} bytes`,
          expected: `at most ${maxBytes} bytes`,
          next: "Store less, or raise the limit.",
        });
      }
      hash.update(chunk);
      await writeAll(handle, chunk);
    }
    return { hash: hash.digest("hex"), bytes: size };
  };

  const put: BlobStore["put"] = async (bytes, options = {}) => {
    if (options.expect !== undefined) checkHash("expected hash", options.expect);
    const source = bytes instanceof Uint8Array ? [bytes] : bytes;
    const draft = join(incoming, randomUUID());
    try {
      await mkdir(incoming, { recursive: true });
      const handle = await open(draft, "wx");
      let blob: Blob;
      try {
        blob = await receive(handle, source, options);
        if (options.expect !== undefined && options.expect !== blob.hash) {
          throw new PawlError(
            "bad_data",
            "The bytes are not those that were announced; nothing was stored.",
            {
              found: blob.hash,
              expected: options.expect,
              next: "Send them again.",
            },
          );
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      // Renaming over an equal blob is harmless, and makes it young again for the garbage collection.
      const { shelf, file } = place(blob.hash);
      const made = await mkdir(shelf, { recursive: true });
      await rename(draft, file);
      await syncFolder(shelf);
      if (made !== undefined) await syncFolder(folder);
      return blob;
    } catch (thrown) {
      await rm(draft, { force: true }).catch(() => {});
      throw fileError(thrown, "writing");
    }
  };

  async function* get(hash: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const { bytes } = await mustFind(hash);
    const { start = 0, end = bytes } = range ?? {};
    checkWhole("start of the range", start);
    checkWhole("end of the range", end, start);
    if (start > bytes || end > bytes) {
      throw new PawlError("invalid_input", "The range lies outside the blob.", {
        found: `[${start}, ${end})`,
        expected: `within [0, ${bytes})`,
        next: "Ask for a smaller range.",
      });
    }
    if (start === end) return;
    try {
      // `end` of a read stream is inclusive.
      const stream = createReadStream(place(hash).file, { start, end: end - 1, highWaterMark: 256 * 1024 });
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch (thrown) {
      throw fileError(thrown, "reading");
    }
  }

  async function* list(): AsyncGenerator<StoredBlob> {
    let shelves: string[];
    try {
      shelves = await readdir(folder);
    } catch (thrown) {
      if (code(thrown) === "ENOENT") return;
      throw fileError(thrown, "reading");
    }
    for (const shelf of shelves.sort()) {
      if (!/^[0-9a-f]{2}$/.test(shelf)) continue;
      for await (const { name } of await opendir(join(folder, shelf))) {
        const found = /^[0-9a-f]{64}$/.test(name) ? await find(name) : undefined;
        if (found !== undefined) yield found;
      }
    }
  }

  /** Drafts whose writer is gone. */
  const clearDrafts = async (before: number): Promise<void> => {
    const names = await readdir(incoming).catch(() => []);
    for (const name of names) {
      const draft = join(incoming, name);
      const found = await stat(draft).catch(() => undefined);
      if (found !== undefined && found.mtimeMs * 1_000 < before) await rm(draft, { force: true });
    }
  };

  const collectGarbage = async (options: GarbageOptions): Promise<GarbageReport> => {
    const { keep, before, dryRun = true, onProgress, signal } = options;
    const removed: StoredBlob[] = [];
    let kept = 0;
    let bytes = 0;
    for await (const blob of list()) {
      signal?.throwIfAborted();
      if (keep.has(blob.hash) || blob.storedAt >= before) {
        kept += 1;
      } else {
        if (!dryRun) await rm(place(blob.hash).file, { force: true });
        removed.push(blob);
        bytes += blob.bytes;
      }
      onProgress?.({ stage: "looking for unused blobs", done: kept + removed.length });
    }
    if (!dryRun) await clearDrafts(before);
    return { dryRun, kept, removed, bytes };
  };

  return {
    put,
    get,
    list,
    collectGarbage,
    stat: find,
    has: async (hash) => (await find(hash)) !== undefined,
    read: async (hash, range) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of get(hash, range)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    verify: async (hash) => {
      await mustFind(hash);
      const digest = createHash("sha256");
      for await (const chunk of get(hash)) digest.update(chunk);
      return digest.digest("hex") === hash;
    },
  };
}
