import { setTimeout as sleep } from "node:timers/promises";
import { PawlError } from "@pawl/core";
import Libsql from "libsql";
import type { Database, Dialect, Sql, SqlValue, WriteOptions } from "./database.ts";
import { isBusy, sqlError } from "./sql-error.ts";

const dialect: Dialect = {
  name: "sqlite",
  numberKey: "INTEGER PRIMARY KEY",
  clustered: " WITHOUT ROWID",
};

/** How long a job waits for other processes before it gives up. */
const patience = 10_000;
/** Statements kept prepared; searches make new texts, so there is a limit. */
const keptStatements = 400;

type Statement = Libsql.Statement<unknown[]>;

const unstorable = /\p{Surrogate}|\0/u;

/** The driver ends the process on a value it does not know, and stores NaN as NULL: both stop here. */
function checked(values: readonly SqlValue[]): SqlValue[] {
  for (const value of values) {
    if (typeof value === "number" ? !Number.isNaN(value) : value === null) continue;
    if (typeof value === "string") {
      if (!unstorable.test(value)) continue;
      throw new PawlError("invalid_input", "A text holds a character that cannot be stored.", {
        found: JSON.stringify(value.slice(0, 80)),
        expected: "text without NUL characters and without halves of surrogate pairs",
        next: "Remove the character.",
      });
    }
    throw new PawlError("internal", "A value of the wrong type was about to be stored.", {
      found: String(value),
      expected: "text, a number, or null",
    });
  }
  return values as SqlValue[];
}

/**
 * The embedded database: libsql, whose calls are synchronous. One connection; jobs stand in line, so each
 * sees only whole transactions of the others. Waiting for another process does not block the event loop.
 */
export class LibsqlDatabase implements Database {
  readonly dialect = dialect;
  readonly #handle: Libsql.Database;
  readonly #statements = new Map<string, Statement>();
  readonly #sql: Sql;
  #line: Promise<unknown> = Promise.resolve();
  #open = true;
  #durable = true;

  private constructor(handle: Libsql.Database) {
    this.#handle = handle;
    this.#sql = {
      all: async <Row>(text: string, values: readonly SqlValue[] = []) =>
        this.#do(text, (statement) => statement.all(checked(values)) as Row[]),
      one: async <Row>(text: string, values: readonly SqlValue[] = []) =>
        this.#do(text, (statement) => statement.all(checked(values))[0] as Row | undefined),
      run: async (text: string, values: readonly SqlValue[] = []) =>
        this.#do(text, (statement) => statement.run(checked(values)).changes),
      each: async (text: string, rows: Iterable<readonly SqlValue[]>) =>
        this.#do(text, (statement) => {
          for (const values of rows) statement.run(checked(values));
        }),
    };
  }

  /** Opens or creates a file; `":memory:"` for a database that ends with the process. */
  static async open(file: string): Promise<LibsqlDatabase> {
    let handle: Libsql.Database;
    try {
      handle = new Libsql(file);
    } catch (thrown) {
      throw new PawlError("unavailable", "The ledger's file cannot be opened.", {
        found: `${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        expected: "a path in a folder that exists and may be written",
        next: "Make the folder, or give another path.",
        cause: thrown,
      });
    }
    const database = new LibsqlDatabase(handle);
    try {
      await database.#untilFree(() => {
        handle.pragma("busy_timeout = 20");
        handle.pragma("journal_mode = WAL");
        handle.pragma("synchronous = FULL");
        handle.pragma("foreign_keys = ON");
        // LIKE as PostgreSQL has it; the case-blind form compares lower() of both sides.
        handle.pragma("case_sensitive_like = ON");
      });
    } catch (thrown) {
      handle.close();
      throw thrown;
    }
    return database;
  }

  read<T>(job: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#inLine(() => this.#transaction("BEGIN", job));
  }

  write<T>(job: (sql: Sql) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    const durable = options.durable ?? true;
    return this.#inLine(() => {
      if (durable !== this.#durable) {
        this.#handle.pragma(durable ? "synchronous = FULL" : "synchronous = NORMAL");
        this.#durable = durable;
      }
      return this.#transaction("BEGIN IMMEDIATE", job);
    });
  }

  async close(): Promise<void> {
    await this.#line;
    if (!this.#open) return;
    this.#open = false;
    this.#statements.clear();
    this.#handle.close();
  }

  #inLine<T>(job: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(() => {
      if (!this.#open) {
        throw new PawlError("unavailable", "The ledger is closed.", { next: "Open it again." });
      }
      return job();
    });
    this.#line = turn.catch(() => {});
    return turn;
  }

  async #transaction<T>(begin: string, job: (sql: Sql) => Promise<T>): Promise<T> {
    await this.#untilFree(() => this.#handle.exec(begin));
    try {
      const result = await job(this.#sql);
      await this.#untilFree(() => this.#handle.exec("COMMIT"));
      return result;
    } catch (thrown) {
      // SQLite may already have rolled back by itself, as it does when the disk is full.
      if (this.#handle.inTransaction) this.#handle.exec("ROLLBACK");
      throw thrown;
    }
  }

  async #untilFree(step: () => void): Promise<void> {
    const deadline = performance.now() + patience;
    for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
      try {
        step();
        return;
      } catch (thrown) {
        if (!isBusy(thrown) || performance.now() > deadline) throw sqlError(thrown);
      }
      await sleep(wait);
    }
  }

  #do<T>(text: string, use: (statement: Statement) => T): T {
    try {
      return use(this.#statement(text));
    } catch (thrown) {
      throw sqlError(thrown, text);
    }
  }

  #statement(text: string): Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#handle.prepare(text);
    if (this.#statements.size >= keptStatements) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    this.#statements.set(text, statement);
    return statement;
  }
}
