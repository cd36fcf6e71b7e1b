import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isListKind, elementKind, type Kind, PawlError, toPawlError } from "@pawl/core";
import type { Session } from "../engine/session.ts";
import { ident, list, text } from "../engine/sql.ts";
import type { ResultColumn } from "./fill.ts";

/**
 * Writes a relation as one Parquet file that pandas, Polars and DuckDB read as it is: moments become UTC
 * timestamps, whole numbers BIGINT, durations BIGINT microseconds. The file appears whole or not at all:
 * written beside its place, synced, then renamed.
 */
export async function writeParquet(
  session: Session,
  from: string,
  columns: readonly ResultColumn[],
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<{ readonly bytes: number }> {
  refuseEqualNames(columns);
  const selected = columns.map(
    ({ name, kind, sqlName }) => `${fileSql(ident(sqlName), kind)} AS ${ident(name)}`,
  );
  const entries = Object.entries(metadata).map(([key, value]) => `${ident(key)}: ${text(value)}`);
  const described = entries.length > 0 ? `, KV_METADATA {${list(entries)}}` : "";
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}.parquet.part`);
  try {
    await mkdir(folder, { recursive: true });
    await session.run(
      `COPY (SELECT ${list(selected)} FROM ${from}) TO ${text(temporary)} (FORMAT parquet, COMPRESSION zstd${described})`,
    );
    await syncAndMove(temporary, path);
    return { bytes: (await stat(path)).size };
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw fileError(thrown, path);
  }
}

/** Makes a finished file durable under its name. */
export async function syncAndMove(temporary: string, path: string): Promise<void> {
  const file = await open(temporary, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A column as it is written to a file. */
function fileSql(column: string, kind: Kind): string {
  if (isListKind(kind)) {
    const element = elementKind(kind);
    const made = fileSql("x", element);
    return made === "x" ? column : `list_transform(${column}, lambda x: ${made})`;
  }
  if (kind === "int" || kind === "duration") return `${column}::BIGINT`;
  return kind === "timestamp" ? `make_timestamptz(${column}::BIGINT)` : column;
}

function refuseEqualNames(columns: readonly ResultColumn[]): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new PawlError("unsupported", "Two columns of a file may not differ in case only.", {
        found: `"${other}" and "${name}"`,
        next: "Rename one of them in the view.",
      });
    }
    seen.set(name.toLowerCase(), name);
  }
}

function fileError(thrown: unknown, path: string): PawlError {
  const error = toPawlError(thrown);
  const { code } = (error.cause ?? thrown) as { code?: string };
  const full = code === "ENOSPC" || /No space left/.test(error.message + (error.found ?? ""));
  if (full) {
    return new PawlError("exhausted", "The disk is full; nothing was written.", {
      found: error.found ?? error.message,
      next: "Free space and try again.",
      details: { path },
      cause: thrown,
    });
  }
  return error.code === "internal"
    ? new PawlError("unavailable", "The file could not be written.", {
        found: error.message,
        details: { path },
        cause: thrown,
      })
    : error;
}
