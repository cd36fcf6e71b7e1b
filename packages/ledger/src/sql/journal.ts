import { PawlError } from "@pawl/core";
import { canonicalJson } from "../canonical-json.ts";
import { entryHash, genesis } from "../entry-hash.ts";
import type { Subject, TimelineEntry, TimelineHead } from "../timeline.ts";
import type { Actor, JsonObject, Micros, Surroundings } from "../words.ts";
import type { Database, Sql, WriteOptions } from "./database.ts";
import type { Projections } from "./projection.ts";

/** One change to the ledger: a transaction with one moment and one author. */
export interface Change {
  readonly sql: Sql;
  /** When it happens: never before the newest entry. */
  readonly at: Micros;
  readonly actor: Actor;
  /** Writes an entry and what follows from it. `payload` may hold undefined members; they are left out. */
  record(kind: string, subject: Subject, payload: object): Promise<TimelineEntry>;
  /** That many random bytes. */
  random(bytes: number): Uint8Array;
}

/** What a noun needs to read and to change the ledger in somebody's name. */
export interface Journal {
  readonly actor: Actor;
  read<T>(job: (sql: Sql) => Promise<T>): Promise<T>;
  change<T>(job: (change: Change) => Promise<T>, options?: WriteOptions): Promise<T>;
}

/** A new id: 32 random hex digits. */
export function newId({ random }: Change): string {
  return Buffer.from(random(16)).toString("hex");
}

/** A row of the timeline table. */
export interface TimelineRow {
  readonly id: number;
  readonly at: number;
  readonly actor_kind: string;
  readonly actor_name: string;
  readonly kind: string;
  readonly subject_kind: string;
  readonly subject_name: string;
  readonly subject_version: number | null;
  readonly subject_hash: string | null;
  readonly payload: string;
  readonly hash: string;
}

export function entryOf(row: TimelineRow): TimelineEntry {
  return {
    id: row.id,
    at: row.at,
    actor: { kind: row.actor_kind as Actor["kind"], name: row.actor_name },
    kind: row.kind,
    subject: {
      kind: row.subject_kind,
      name: row.subject_name,
      ...(row.subject_version !== null && { version: row.subject_version }),
      ...(row.subject_hash !== null && { hash: row.subject_hash }),
    },
    payload: JSON.parse(row.payload) as JsonObject,
    hash: row.hash,
  };
}

/** Appends an entry as it is and computes the tables from it. */
export async function appendEntry(
  sql: Sql,
  projections: Projections,
  entry: TimelineEntry,
  payloadText: string,
): Promise<void> {
  const { subject } = entry;
  await sql.run("INSERT INTO timeline VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
    entry.id,
    entry.at,
    entry.actor.kind,
    entry.actor.name,
    entry.kind,
    subject.kind,
    subject.name,
    subject.version ?? null,
    subject.hash ?? null,
    payloadText,
    entry.hash,
  ]);
  if (Object.hasOwn(projections, entry.kind)) await projections[entry.kind]?.(sql, entry);
}

export async function readHead(sql: Sql): Promise<TimelineHead & { readonly at: Micros }> {
  const row = await sql.one<TimelineHead & { at: Micros }>(
    "SELECT id, hash, at FROM timeline ORDER BY id DESC LIMIT 1",
  );
  return row ?? { id: 0, hash: genesis, at: Number.MIN_SAFE_INTEGER };
}

/** The journal over a database: every change reads the head, so several processes may write in turn. */
export function sqlJournal(
  database: Database,
  projections: Projections,
  surroundings: Surroundings,
  actor: Actor,
): Journal {
  return {
    actor,
    read: (job) => database.read(job),
    change: (job, options) =>
      database.write(async (sql) => {
        let head = await readHead(sql);
        const at = Math.max(moment(surroundings.clock()), head.at);
        return job({
          sql,
          at,
          actor,
          record: async (kind, subject, payload) => {
            const payloadText = canonicalJson(payload);
            const unsigned = { id: head.id + 1, at, actor, kind, subject, payload: payload as JsonObject };
            const entry: TimelineEntry = { ...unsigned, hash: entryHash(head.hash, unsigned, payloadText) };
            await appendEntry(sql, projections, entry, payloadText);
            head = { id: entry.id, hash: entry.hash, at };
            return entry;
          },
          random: surroundings.random,
        });
      }, options),
  };
}

/** The journal of a snapshot: it answers, and refuses every change. */
export function snapshotJournal(database: Database, actor: Actor, moment: Micros): Journal {
  return {
    actor,
    read: (job) => database.read(job),
    change: async () => {
      throw new PawlError("conflict", "The past cannot be changed.", {
        found: `the ledger as of ${moment} µs`,
        expected: "the ledger itself",
        next: "Make the change in the ledger this snapshot was taken from.",
      });
    },
  };
}

function moment(value: number): Micros {
  if (Number.isSafeInteger(value)) return value;
  throw new PawlError("internal", "The clock given to the ledger does not tell microseconds.", {
    found: String(value),
    expected: "a whole number of microseconds since 1970",
    next: "Round what the clock returns.",
  });
}
