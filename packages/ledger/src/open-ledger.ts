import type { Ledger } from "./ledger.ts";
import { LibsqlDatabase } from "./sql/libsql-database.ts";
import { migrate } from "./sql/migrations.ts";
import { sqlLedger } from "./sql/sql-ledger.ts";
import type { Actor, Surroundings } from "./words.ts";

export interface OpenLedgerOptions extends Surroundings {
  /** Path of the ledger's file, made when there is none; ":memory:" for one that ends with the process. */
  readonly file: string;
  /** Whom changes are put down to until `as` says otherwise; Pawl itself by default. */
  readonly actor?: Actor;
}

/**
 * Opens the embedded ledger and brings its schema up to date. Several processes may have the same file
 * open: readers never wait, writers take turns. The file must be on a local disk, not on a network share.
 *
 * Errors: `unsupported` when a newer Pawl wrote it, `bad_data` when the file is something else,
 * `unavailable` when it cannot be opened or another process does not let go of it.
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  const { file, actor = { kind: "system", name: "pawl" }, clock, random } = options;
  const database = await LibsqlDatabase.open(file);
  try {
    await migrate(database);
    return sqlLedger(database, { clock, random }, actor);
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
}
