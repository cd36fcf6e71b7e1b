import { createHash, type Hash } from "node:crypto";
import { canonicalJson, type Json, type Value, type Work } from "@pawl/core";
import type { BatchColumn } from "../fill/filled.ts";
import { readBatches } from "../fill/read-batches.ts";
import type { ResultColumn } from "../fill/fill.ts";
import type { Session } from "../engine/session.ts";

const nullMark = 0xffffffff;

/**
 * SHA-256 of what a table says: its schema, then each column's values in row order.
 *
 * A column of numbers is the SHA-256 of its doubles, little-endian, −0 as 0 and null as one NaN; text is a
 * 32-bit length and UTF-8 (0xFFFFFFFF for null); a bigint its decimal text; a list its length and items.
 * The table is the SHA-256 of the canonical JSON of schema, row count and column hashes.
 */
export async function contentHashOf(
  session: Session,
  from: string,
  columns: readonly ResultColumn[],
  schema: Json,
  work: Work = {},
): Promise<string> {
  const hashes = columns.map(() => createHash("sha256"));
  let rows = 0;
  for await (const batch of readBatches(session, from, columns)) {
    for (const [i, column] of batch.columns.entries()) update(hashes[i] as Hash, column);
    rows += batch.rows;
    work.onProgress?.({ stage: "hashing", done: rows });
  }
  const document = { schema, rows, columns: hashes.map((hash) => hash.digest("hex")) };
  return createHash("sha256").update(canonicalJson(document)).digest("hex");
}

function update(hash: Hash, { values }: BatchColumn): void {
  if (values instanceof Float64Array) {
    // Every NaN becomes the same one, and −0 becomes 0.
    for (let i = 0; i < values.length; i++) {
      const x = values[i] as number;
      values[i] = Number.isNaN(x) ? Number.NaN : x + 0;
    }
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return;
  }
  const parts: Uint8Array[] = [];
  for (const value of values) encode(value, parts);
  hash.update(Buffer.concat(parts));
}

function encode(value: Value, parts: Uint8Array[]): void {
  if (value === null) parts.push(length(nullMark));
  else if (Array.isArray(value)) {
    parts.push(length(value.length));
    for (const item of value) encode(item as Value, parts);
  } else {
    const bytes = Buffer.from(typeof value === "number" ? String(value + 0) : String(value), "utf8");
    parts.push(length(bytes.length), bytes);
  }
}

function length(n: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
}
