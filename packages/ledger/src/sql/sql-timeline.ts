import { setImmediate as yieldToOthers } from "node:timers/promises";
import { PawlError } from "@pawl/core";
import { canonicalJson } from "../canonical-json.ts";
import { checkName } from "../checks.ts";
import { entryHash, genesis } from "../entry-hash.ts";
import type { Timeline, TimelineEntry, TimelineHead, TimelineQuery, Verification } from "../timeline.ts";
import type { Page } from "../words.ts";
import { equal, type Piece, piece, where } from "./conditions.ts";
import { pageLimit, questionMark, readCursor, writeCursor } from "./cursor.ts";
import type { Database, Sql } from "./database.ts";
import { appendEntry, entryOf, type Journal, readHead, type TimelineRow } from "./journal.ts";
import type { Projections } from "./projection.ts";

/** Entries read or written per transaction, so that long walks let others through. */
const stride = 500;

function kindCondition(kinds: readonly string[] | undefined): Piece | undefined {
  if (kinds === undefined) return undefined;
  if (kinds.length === 0) return piece("1 = 0");
  const parts = kinds.map((kind) =>
    // ASCII: "." is followed by "/", so this range is every kind that begins with the noun and a point.
    kind.endsWith(".*")
      ? piece("kind >= ? AND kind < ?", kind.slice(0, -1), `${kind.slice(0, -2)}/`)
      : piece("kind = ?", kind),
  );
  return piece(parts.map(({ text }) => `(${text})`).join(" OR "), ...parts.flatMap(({ values }) => values));
}

async function queryTimeline(sql: Sql, query: TimelineQuery): Promise<Page<TimelineEntry>> {
  const { cursor, limit: _, ...question } = query;
  const limit = pageLimit(query, 100, 1_000);
  const mark = questionMark(question);
  const down = query.order === "desc";
  const [after] = cursor === undefined ? [] : readCursor(cursor, mark, 1);
  const { text, values } = where([
    equal("subject_kind", query.subject?.kind),
    equal("subject_name", query.subject?.name),
    equal("subject_version", query.subject?.version),
    equal("subject_hash", query.subject?.hash),
    equal("actor_kind", query.actor?.kind),
    equal("actor_name", query.actor?.name),
    kindCondition(query.kinds),
    query.from === undefined ? undefined : piece("at >= ?", query.from),
    query.until === undefined ? undefined : piece("at < ?", query.until),
    after === undefined ? undefined : piece(down ? "id < ?" : "id > ?", after),
  ]);
  const rows = await sql.all<TimelineRow>(
    `SELECT * FROM timeline ${text} ORDER BY id ${down ? "DESC" : "ASC"} LIMIT ?`,
    [...values, limit + 1],
  );
  const items = rows.slice(0, limit).map(entryOf);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: writeCursor(mark, [last.id]) }) };
}

/** Rows in order, a stride at a time. */
async function* walk(journal: Journal, after: number, until?: number): AsyncGenerator<TimelineRow> {
  for (let position = after; ; ) {
    const { text, values } = where([
      piece("id > ?", position),
      until === undefined ? undefined : piece("at < ?", until),
    ]);
    const rows = await journal.read((sql) =>
      sql.all<TimelineRow>(`SELECT * FROM timeline ${text} ORDER BY id LIMIT ?`, [...values, stride]),
    );
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < stride || last === undefined) return;
    position = last.id;
    await yieldToOthers();
  }
}

function fault(row: TimelineRow, before: TimelineHead & { readonly at: number }): string | undefined {
  if (row.id !== before.id + 1) {
    return `entry ${before.id + 1} is missing`;
  }
  if (row.at < before.at) return "it is older than the entry before it";
  let entry: TimelineEntry;
  try {
    entry = entryOf(row);
  } catch {
    return "its payload is not JSON";
  }
  if (entryHash(before.hash, entry, row.payload) !== row.hash) {
    return "its content or its predecessor is not what its hash was computed from";
  }
  return undefined;
}

async function verifyTimeline(
  journal: Journal,
  options: { readonly since?: TimelineHead; readonly signal?: AbortSignal },
): Promise<Verification> {
  let before = { id: 0, hash: genesis, at: Number.MIN_SAFE_INTEGER };
  const { since, signal } = options;
  const broken = (id: number, reason: string): Verification => ({
    intact: false,
    checked: before.id,
    head: { id: before.id, hash: before.hash },
    broken: { id, reason },
  });
  for await (const row of walk(journal, 0)) {
    signal?.throwIfAborted();
    const reason = fault(row, before);
    if (reason !== undefined) return broken(row.id, reason);
    if (row.id === since?.id && row.hash !== since.hash)
      return broken(row.id, "it is not the one noted earlier");
    before = { id: row.id, hash: row.hash, at: row.at };
  }
  if (since !== undefined && since.id > before.id) {
    return broken(
      before.id + 1,
      `the timeline ends here, but had ${since.id} entries when its head was noted`,
    );
  }
  return { intact: true, checked: before.id, head: { id: before.id, hash: before.hash } };
}

function replayRefusal(entry: TimelineEntry, reason: string): PawlError {
  return new PawlError("conflict", "The timelines do not fit together.", {
    found: `entry ${entry.id} (${entry.kind}): ${reason}`,
    expected: "the continuation of the timeline in this ledger",
    next: "Replay into an empty ledger, or verify both timelines.",
    details: { entry: entry.id },
  });
}

async function replayBatch(
  sql: Sql,
  projections: Projections,
  batch: readonly TimelineEntry[],
): Promise<number> {
  let head = await readHead(sql);
  let added = 0;
  for (const entry of batch) {
    if (entry.id <= head.id) {
      const here = await sql.one<{ hash: string }>("SELECT hash FROM timeline WHERE id = ?", [entry.id]);
      if (here?.hash !== entry.hash) throw replayRefusal(entry, "another entry stands in its place");
      continue;
    }
    const payloadText = canonicalJson(entry.payload);
    if (entry.id !== head.id + 1) throw replayRefusal(entry, `entry ${head.id + 1} is missing`);
    if (entry.at < head.at) throw replayRefusal(entry, "it is older than the entry before it");
    if (entryHash(head.hash, entry, payloadText) !== entry.hash) {
      throw replayRefusal(entry, "its hash does not fit its content and predecessor");
    }
    await appendEntry(sql, projections, entry, payloadText);
    head = { id: entry.id, hash: entry.hash, at: entry.at };
    added += 1;
  }
  return added;
}

/** Appends entries to a database, a stride per transaction. */
export async function replayInto(
  database: Database,
  projections: Projections,
  entries: AsyncIterable<TimelineEntry> | Iterable<TimelineEntry>,
): Promise<{ readonly added: number }> {
  let added = 0;
  let batch: TimelineEntry[] = [];
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = [];
    added += await database.write((sql) => replayBatch(sql, projections, full));
    await yieldToOthers();
  };
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length >= stride) await flush();
  }
  if (batch.length > 0) await flush();
  return { added };
}

export function sqlTimeline(
  journal: Journal,
  projections: Projections,
  replay: Timeline["replay"],
): Timeline {
  return {
    record: async ({ kind, subject, payload }) => {
      checkName("kind of entry", kind);
      checkName("kind of subject", subject.kind);
      checkName("name of the subject", subject.name, 1_000);
      if (Object.hasOwn(projections, kind)) {
        throw new PawlError("invalid_input", `Entries of kind ${kind} are written by their own method.`, {
          found: kind,
          expected: "a kind the ledger keeps no table for",
          next: "Call the method that does this, or choose another kind.",
        });
      }
      return journal.change((change) => change.record(kind, subject, payload ?? {}));
    },
    get: (id) =>
      journal.read(async (sql) => {
        const row = await sql.one<TimelineRow>("SELECT * FROM timeline WHERE id = ?", [id]);
        return row && entryOf(row);
      }),
    query: (query = {}) => journal.read((sql) => queryTimeline(sql, query)),
    head: () =>
      journal.read(async (sql) => {
        const { id, hash } = await readHead(sql);
        return { id, hash };
      }),
    entries: async function* (options = {}) {
      for await (const row of walk(journal, options.after ?? 0, options.until)) yield entryOf(row);
    },
    verify: (options = {}) => verifyTimeline(journal, options),
    replay,
  };
}
