import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { PawlError, type Value } from "@pawl/core";
import { duckdbError } from "./duckdb-error.ts";

/** One connection for one piece of work: temporary tables and types live as long as it does. */
export class Session {
  readonly connection: DuckDBConnection;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly #onClose: () => void;
  readonly #cleanups: (() => Promise<void>)[] = [];
  #serial = 0;
  #closed = false;

  constructor(connection: DuckDBConnection, signal: AbortSignal | undefined, onClose: () => void) {
    this.connection = connection;
    this.#signal = signal;
    this.#onClose = onClose;
    this.#onAbort = () => connection.interrupt();
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** A name no other object of this session has. */
  fresh(prefix: string): string {
    return `${prefix}_${this.#serial++}`;
  }

  /** Runs after the session's connection is closed. */
  onClose(cleanup: () => Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  /** Throws `cancelled` once the caller has given up. */
  checkCancelled(): void {
    if (this.#signal?.aborted || this.#closed) throw new PawlError("cancelled", "Stopped on request.");
  }

  async run(sql: string): Promise<void> {
    this.checkCancelled();
    try {
      await this.connection.run(sql);
    } catch (thrown) {
      throw this.#closed ? new PawlError("cancelled", "Stopped on request.") : duckdbError(thrown, sql);
    }
    this.checkCancelled();
  }

  /** Rows as plain values: bigints for integers of 64 bits, microseconds are up to the statement. */
  async rows(sql: string): Promise<Value[][]> {
    this.checkCancelled();
    try {
      const reader = await this.connection.runAndReadAll(sql);
      return reader.getRowsJS() as Value[][];
    } catch (thrown) {
      throw duckdbError(thrown, sql);
    }
  }

  /** Rows as objects. */
  async objects(sql: string): Promise<Record<string, Value>[]> {
    this.checkCancelled();
    try {
      const reader = await this.connection.runAndReadAll(sql);
      return reader.getRowObjectsJS() as Record<string, Value>[];
    } catch (thrown) {
      throw duckdbError(thrown, sql);
    }
  }

  /** A result that is produced while it is read, in order. */
  async stream(sql: string): Promise<DuckDBResult> {
    this.checkCancelled();
    try {
      return await this.connection.stream(sql);
    } catch (thrown) {
      throw duckdbError(thrown, sql);
    }
  }

  interrupt(): void {
    this.connection.interrupt();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.connection.closeSync();
    this.#onClose();
    for (const cleanup of this.#cleanups) await cleanup();
  }
}
