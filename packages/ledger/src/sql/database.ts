/** What may be bound to a statement. Truth values are stored as 0 and 1, NaN beside its value. */
export type SqlValue = string | number | null;

export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Statements inside one transaction. Values are bound at `?`, never written into the text. */
export interface Sql {
  all<Row = SqlRow>(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  one<Row = SqlRow>(text: string, values?: readonly SqlValue[]): Promise<Row | undefined>;
  /** Rows changed. */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
  /** The same statement for many rows of values. */
  each(text: string, rows: Iterable<readonly SqlValue[]>): Promise<void>;
}

/** Where two databases write the same thing differently. All other SQL of the ledger is common to both. */
export interface Dialect {
  readonly name: "sqlite" | "postgres";
  /** Column type of a table's own number: 64 bits, unique. */
  readonly numberKey: string;
  /** Table suffix that keeps rows in the order of their primary key, where the database knows one. */
  readonly clustered: string;
}

export interface WriteOptions {
  /**
   * Wait until the change would survive a power cut; true unless said otherwise. Without it the change
   * still survives the end of the process, and is flushed with the next durable one.
   */
  readonly durable?: boolean;
}

/**
 * One SQL database. Every job is a transaction: it sees one state, and leaves all of its changes or, if it
 * throws, none. Jobs must not start other jobs.
 */
export interface Database {
  readonly dialect: Dialect;
  read<T>(job: (sql: Sql) => Promise<T>): Promise<T>;
  /** Writers stand in line, also behind those of other processes. */
  write<T>(job: (sql: Sql) => Promise<T>, options?: WriteOptions): Promise<T>;
  close(): Promise<void>;
}
