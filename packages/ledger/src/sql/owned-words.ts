import { allOf } from "./conditions.ts";
import type { Sql } from "./database.ts";

/** The tables of tags and params: (owner, key, value). */
export type WordTable =
  | "experiment_tags"
  | "run_params"
  | "run_tags"
  | "logged_model_params"
  | "logged_model_tags"
  | "model_tags"
  | "model_version_tags";

/** Sets words of an owner; a null takes one away. */
export async function setWords(
  sql: Sql,
  table: WordTable,
  owner: number,
  words: Readonly<Record<string, string | null>> | undefined,
): Promise<void> {
  if (words === undefined) return;
  for (const [key, value] of Object.entries(words)) {
    await (value === null
      ? sql.run(`DELETE FROM ${table} WHERE owner = ? AND key = ?`, [owner, key])
      : sql.run(
          `INSERT INTO ${table} VALUES (?, ?, ?) ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value`,
          [owner, key, value],
        ));
  }
}

/** The words of many owners. */
export async function wordsOf(
  sql: Sql,
  table: WordTable,
  owners: readonly number[],
): Promise<(owner: number) => Readonly<Record<string, string>>> {
  const rows = await allOf<{ owner: number; key: string; value: string }>(
    sql,
    `SELECT owner, key, value FROM ${table} WHERE owner IN (@keys) ORDER BY owner, key`,
    owners,
  );
  const byOwner = new Map<number, Record<string, string>>();
  for (const { owner, key, value } of rows) {
    let words = byOwner.get(owner);
    // No prototype: a key may be "__proto__".
    if (words === undefined) byOwner.set(owner, (words = Object.create(null) as Record<string, string>));
    words[key] = value;
  }
  return (owner) => ({ ...byOwner.get(owner) });
}
