import { PawlError, toPawlError } from "@pawl/core";
import type { Database, Dialect } from "./database.ts";
import { schema1 } from "./schema-1.ts";

/** A step from one schema to the next. Steps are never edited once released: a change is a new step. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: (dialect: Dialect) => readonly string[];
}

export const migrations: readonly Migration[] = [{ version: 1, name: "first schema", statements: schema1 }];

/**
 * Brings a database to the schema this program knows, in one transaction: all missing steps or none. A
 * database with a newer schema is refused with `unsupported` and left alone.
 */
export async function migrate(database: Database, steps: readonly Migration[] = migrations): Promise<void> {
  const known = steps.at(-1)?.version ?? 0;
  await database.write(async (sql) => {
    await sql.run(
      `CREATE TABLE IF NOT EXISTS ledger_schema (version ${database.dialect.numberKey}, name TEXT NOT NULL)`,
    );
    const row = await sql.one<{ version: number | null }>(
      "SELECT MAX(version) AS version FROM ledger_schema",
    );
    const current = row?.version ?? 0;
    if (current > known) {
      throw new PawlError("unsupported", "This ledger was written by a newer Pawl.", {
        found: `schema ${current}`,
        expected: `schema ${known} or older`,
        next: "Use the newer Pawl, or a copy of the ledger from before it was upgraded.",
      });
    }
    for (const step of steps) {
      if (step.version <= current) continue;
      try {
        for (const statement of step.statements(database.dialect)) await sql.run(statement);
      } catch (thrown) {
        const error = toPawlError(thrown);
        if (current > 0 || error.code !== "internal") throw error;
        throw new PawlError("bad_data", "The file is a database of another program, not a ledger.", {
          found: error.message,
          expected: "a ledger, an empty file, or no file",
          next: "Give another path.",
          cause: error,
        });
      }
      await sql.run("INSERT INTO ledger_schema (version, name) VALUES (?, ?)", [step.version, step.name]);
    }
  });
}
