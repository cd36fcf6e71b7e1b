import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { PawlError } from "@pawl/core";
import { duckdbError } from "./duckdb-error.ts";
import { Session } from "./session.ts";
import { ident, text } from "./sql.ts";

export interface DatabaseOptions {
  readonly memoryLimit?: string;
  readonly threads?: number;
  readonly tempDirectory?: string;
}

/** One DuckDB in this process. Each piece of work has a session of its own, with its own temporary tables. */
export class Database {
  readonly threads: number;
  readonly #instance: DuckDBInstance;
  readonly #sessions = new Set<Session>();
  readonly #attached = new Map<string, { readonly alias: string; users: number }>();
  /** A folder for spilling that was made here and goes with this. */
  readonly #ownFolder: string | undefined;
  #serial = 0;
  #closed = false;

  private constructor(instance: DuckDBInstance, threads: number, ownFolder: string | undefined) {
    this.#instance = instance;
    this.#ownFolder = ownFolder;
    this.threads = threads;
  }

  static async open(options: DatabaseOptions = {}): Promise<Database> {
    const threads = options.threads ?? availableParallelism();
    if (!Number.isInteger(threads) || threads < 1) {
      throw new PawlError("invalid_input", "threads must be a whole number of at least 1.", {
        found: String(options.threads),
      });
    }
    const own =
      options.tempDirectory === undefined ? mkdtempSync(join(tmpdir(), "pawl-history-")) : undefined;
    const temp = own ?? (options.tempDirectory as string);
    try {
      mkdirSync(temp, { recursive: true });
      const instance = await DuckDBInstance.create(":memory:", {
        threads: String(threads),
        temp_directory: temp,
        preserve_insertion_order: "true",
        // Nothing is fetched from the network, and no file chooses code to load.
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        ...(options.memoryLimit !== undefined && { memory_limit: options.memoryLimit }),
      });
      return new Database(instance, threads, own);
    } catch (cause) {
      if (own !== undefined) rmSync(own, { recursive: true, force: true });
      throw new PawlError("invalid_input", "History could not be opened with these options.", {
        found: cause instanceof Error ? cause.message : String(cause),
        expected: 'memoryLimit such as "2GB", threads from 1, a folder that can be written to',
        cause,
      });
    }
  }

  /** A session; close it. `signal` interrupts whatever it runs. */
  async session(signal?: AbortSignal): Promise<Session> {
    if (this.#closed) throw new PawlError("conflict", "History is closed.");
    if (signal?.aborted) throw new PawlError("cancelled", "Stopped on request.");
    const connection = await this.#instance.connect();
    const session = new Session(connection, signal, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    // Moments are microseconds in UTC everywhere.
    await session.run("SET TimeZone = 'UTC'");
    return session;
  }

  /** Attaches a DuckDB file, read-only, and gives its alias; `release` it. One file is attached once. */
  async attach(session: Session, path: string): Promise<{ alias: string; release: () => Promise<void> }> {
    let entry = this.#attached.get(path);
    if (!entry) {
      entry = { alias: `file_${this.#serial++}`, users: 0 };
      this.#attached.set(path, entry);
      try {
        await session.run(`ATTACH ${text(path)} AS ${ident(entry.alias)} (READ_ONLY)`);
      } catch (cause) {
        this.#attached.delete(path);
        throw new PawlError("bad_data", "This DuckDB file cannot be opened.", {
          found: duckdbError(cause).found ?? String(cause),
          expected: "a DuckDB database that no other process is writing to",
          details: { path },
          cause,
        });
      }
    }
    const held = entry;
    held.users++;
    const release = async (): Promise<void> => {
      if (--held.users > 0) return;
      this.#attached.delete(path);
      if (this.#closed) return;
      const closing = await this.#instance.connect();
      await closing.run(`DETACH ${ident(held.alias)}`).catch(() => undefined);
      closing.closeSync();
    };
    return { alias: held.alias, release };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const session of this.#sessions) session.interrupt();
    const closing = Array.from(this.#sessions, (session) => session.close());
    await Promise.all(closing);
    this.#instance.closeSync();
    if (this.#ownFolder !== undefined) rmSync(this.#ownFolder, { recursive: true, force: true });
  }
}
