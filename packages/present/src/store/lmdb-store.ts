import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { PawlError } from "@pawl/core";
import { type Database, open } from "lmdb";
import { type Change, type KeyValueStore, type Table, tables } from "./key-value-store.ts";

/**
 * A store on LMDB. Writes run on LMDB's own thread and are flushed before they resolve; reads come straight
 * from the memory map. See docs/adr/lmdb-holds-the-present.md.
 */
export function lmdbStore(directory: string): KeyValueStore {
  mkdirSync(directory, { recursive: true });
  checkSize(join(directory, "data.mdb"));
  const root = open({
    path: directory,
    maxDbs: tables.length,
    // Off, so that a resolved write is on disk and never rolled back with a later one.
    overlappingSync: false,
    // Off, since a failed commit then rejects promises LMDB keeps to itself, which ends the process.
    eventTurnBatching: false,
    encoding: "binary",
    keyEncoding: "binary",
  });
  const opened = Object.fromEntries(
    tables.map((name) => [name, root.openDB(name, { encoding: "binary", keyEncoding: "binary" })]),
  ) as unknown as Record<Table, Database<Buffer, Uint8Array>>;
  return {
    get: (table, key) => {
      const bytes = opened[table].getBinaryFast(key);
      // LMDB's buffer is longer than it says.
      return bytes?.subarray(0, bytes.length);
    },
    range: (table, from, to, limit) =>
      [...opened[table].getRange({ start: from, end: to, limit })].map(({ key, value }) => ({
        key: Uint8Array.from(key),
        value: Uint8Array.from(value),
      })),
    write: async (changes) => {
      if (changes.length === 0) return;
      try {
        const done = root.batch(() => {
          for (const change of changes) apply(opened[change.table], change);
        });
        await done;
        // Else a read in this turn could still see what was there before.
        root.resetReadTxn();
      } catch (cause) {
        throw await writeError(cause);
      }
    },
    close: () => root.close(),
  };
}

function apply(database: Database<Buffer, Uint8Array>, { key, value }: Change): void {
  // A failed commit rejects each of its changes as well as the batch, which is the one that is waited for.
  const change = value === null ? database.remove(key) : database.put(key, value as Buffer);
  change.catch(ignore);
}

const ignore = (): void => {};

async function writeError(thrown: unknown): Promise<PawlError> {
  // LMDB says what happened in a promise of its own, which is rejected.
  const told = thrown instanceof Error && "commitError" in thrown ? thrown.commitError : undefined;
  const cause = await Promise.resolve(told ?? thrown).catch((reason: unknown) => reason);
  const message = cause instanceof Error ? cause.message : String(cause);
  const full = /ENOSPC|No space|MAP_FULL|mapsize/i.test(message);
  return new PawlError(full ? "exhausted" : "unavailable", "The online store could not write its state.", {
    found: message,
    next: full ? "Make room on the disk; nothing acknowledged is lost." : "Check the disk and start again.",
    cause,
  });
}

/**
 * Refuses a file that is shorter than what it says it holds: reading past its end would kill the process.
 * LMDB's two meta pages lie at the start; of each, the magic number, the page size and the last page used.
 */
function checkSize(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const head = Buffer.alloc(8192);
    const read = readSync(file, head, 0, head.length, 0);
    const metas = [0, 4096]
      .map((at) => metaAt(head.subarray(0, read), at))
      .filter((meta) => meta !== undefined);
    const newest = metas.sort((a, b) => b.transaction - a.transaction)[0];
    const needed = ((newest?.lastPage ?? 0) + 1) * 4096;
    if (metas.length > 0 && size >= needed) return;
    throw new PawlError("bad_data", "The online store's state file is damaged.", {
      found: `${path} with ${size} bytes`,
      expected: metas.length === 0 ? "an LMDB file" : `at least ${needed} bytes`,
      next: "Delete the folder `state`; it is made again from the log. Do not delete the log.",
    });
  } finally {
    closeSync(file);
  }
}

const magic = 0xbeef_c0de;

function metaAt(head: Buffer, at: number): { lastPage: number; transaction: number } | undefined {
  if (head.length < at + 160 || head.readUInt32LE(at + 24) !== magic) return undefined;
  return {
    lastPage: Number(head.readBigUInt64LE(at + 144)),
    transaction: Number(head.readBigUInt64LE(at + 152)),
  };
}
