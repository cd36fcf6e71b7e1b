import type { Catalog, DurationText, Instant, InstantInput, Kind, Value, View, Work } from "@pawl/core";

/** A fact as a caller gives it: column → value. A missing column is null; a column not declared is refused. */
export type FactInput = Readonly<Record<string, unknown>>;

/** The columns of a spine row a view needs: keys, and what its expressions use. */
export type RowInput = Readonly<Record<string, unknown>>;

export interface PushOptions {
  /**
   * Names this push. The same name again gives the first answer and changes nothing, so that a caller
   * who got no answer may ask again, for seven days. Needed for sources without a key; sources with one are
   * idempotent by it.
   */
  readonly id?: string;
}

/** The answer to a push or a removal: everything in it is on disk and seen by the next read. */
export interface Acknowledgement {
  /** Facts that are new. */
  readonly added: number;
  /** Facts that replaced another with the same key. */
  readonly corrected: number;
  /** Facts that were there already, word for word. */
  readonly unchanged: number;
  readonly removed: number;
  /** The sequence of the last change this made or found; 0 for an empty push. */
  readonly sequence: number;
  /** A reader at this moment or later sees every fact of this push that is already known by then. */
  readonly asOf: Instant;
}

/**
 * What became of one value.
 *
 * | status | meaning |
 * |---|---|
 * | present | a value |
 * | null | facts of this key are known, and they give null |
 * | not_found | nothing is known of the key; counts are 0, all else null |
 * | outside_max_age | the value is there, but the newest fact behind it is older than allowed |
 * | backfilling | a new feature whose past is still being read; the value is null |
 */
export type ValueStatus = "present" | "null" | "not_found" | "outside_max_age" | "backfilling";

/** Vectors, one per row asked for, in the order of the rows. */
export interface Vectors {
  readonly names: readonly string[];
  readonly kinds: readonly Kind[];
  /** `values[row][column]`. */
  readonly values: readonly (readonly Value[])[];
  readonly statuses: readonly (readonly ValueStatus[])[];
  /** eventTime of the newest fact known of the keys behind a value; null for values not made from facts. */
  readonly eventTimes: readonly (readonly (Instant | null)[])[];
  /** The reader's cut-off of each row; a training set at the same moment holds the same values. */
  readonly asOf: readonly Instant[];
}

export interface ReadOptions {
  /** The reader's cut-off: one for all rows, or one each. Default: now, by a clock that misses no acknowledged fact. */
  readonly asOf?: InstantInput | readonly InstantInput[];
}

/** One change in the log, as history reads it. */
export interface LoggedFact {
  /** Position in the order of acceptance, from 1, without gaps within a batch. */
  readonly sequence: number;
  readonly source: string;
  readonly acceptedAt: Instant;
  readonly op: "put" | "delete";
  /** The fact; of a delete, the fact as it was. Timestamps and durations are microseconds. */
  readonly fact: Readonly<Record<string, Value>>;
  /** False once a later change replaced or removed it. History keeps the live facts. */
  readonly live: boolean;
  /** Sequence of the fact this change replaced or removed: an exporter must then write that one's place anew. */
  readonly replaces?: number;
}

export interface ExportResult {
  readonly exported: number;
  /** Everything up to this sequence has been confirmed by the sink. */
  readonly upTo: number;
}

/** Takes facts to history. Resolving means they are safe there; a batch may come again after a crash. */
export type FactSink = (batch: {
  readonly facts: readonly LoggedFact[];
  readonly from: number;
  readonly upTo: number;
}) => Promise<void>;

export interface ApplyResult {
  /** `<source> by <columns>` that are being filled from the log now. */
  readonly backfilling: readonly string[];
  readonly unchanged: readonly string[];
  /** No longer used by any definition; their space is given back. */
  readonly dropped: readonly string[];
}

export interface PresentStats {
  readonly sequence: number;
  readonly checkpoint: number;
  readonly exportedUpTo: number;
  /** Facts waiting for the disk. */
  readonly waiting: number;
  readonly keysInMemory: number;
  readonly dirtyKeys: number;
  readonly bytesInMemory: number;
  readonly logBytes: number;
  readonly indexes: readonly {
    readonly name: string;
    readonly state: "ready" | "backfilling";
    /** Facts of the log still to be read, while backfilling. */
    readonly remaining: number;
  }[];
}

/**
 * What is known now: facts go in, feature vectors come out, and the numbers are those the history engine
 * would give at the same `asOf` (law 2). An embedded store implements this in process; a cluster
 * implements the same interface and runs the same conformance suite (`checkOnlineStore`).
 */
export interface OnlineStore {
  /**
   * Takes facts in. All or nothing: a fact that breaks its source's schema refuses the whole push
   * (`invalid_input`, with `details.rows`). Facts may be late, out of order or repeated; a fact whose key is
   * known replaces that fact. A fact must say when it happened; one whose knownTime comes out as null is kept for
   * history, and no feature sees it. `exhausted` with `details.retryAfterMs` while the disk cannot keep up.
   */
  push(source: string, facts: readonly FactInput[], options?: PushOptions): Promise<Acknowledgement>;
  /** The same for a stream: pushed in batches as the store keeps up; the answer sums them up. */
  pushStream(
    source: string,
    facts: AsyncIterable<FactInput> | Iterable<FactInput>,
    work?: Work,
  ): Promise<Acknowledgement>;
  /** Removes facts by their source's key columns. Keys not there are passed over. */
  remove(source: string, keys: readonly FactInput[], options?: PushOptions): Promise<Acknowledgement>;
  /** Fills a view (or a model's view, or all features of a group) for some rows. */
  vectors(view: string | View, rows: readonly RowInput[], options?: ReadOptions): Vectors | Promise<Vectors>;
  /** Takes new definitions into use; features whose past has to be read first are filled while traffic flows. */
  applyDefinitions(catalog: Catalog, work?: Work): Promise<ApplyResult>;
  /** Resolves when no backfill is under way. */
  backfilled(): Promise<void>;
  /** Gives the log's facts that have not been exported yet to a sink, and remembers how far it got. */
  exportLog(sink: FactSink, work?: Work & { readonly batchSize?: number }): Promise<ExportResult>;
  /** The log's facts, oldest first, exported or not: what history joins to its files. */
  facts(options?: {
    readonly source?: string;
    readonly after?: number;
    readonly upTo?: number;
  }): AsyncIterable<LoggedFact>;
  /** The cut-off a read without `asOf` would use now. */
  now(): Instant;
  stats(): PresentStats;
  close(): Promise<void>;
}

/** An OnlineStore in this process: reads are synchronous. */
export interface Present extends OnlineStore {
  vectors(view: string | View, rows: readonly RowInput[], options?: ReadOptions): Vectors;
  /**
   * Forgets a source's facts with eventTime before a moment, once they are exported, and answers no question
   * that would need them any more. Refused while a feature of the source needs a longer past.
   * From then on `facts()` does not give them as live: who writes history anew from it must keep what is older.
   */
  retain(source: string, before: InstantInput): Promise<{ readonly forgotten: number }>;
  /** Writes all changed state to the store, so that the next start has nothing to read again. */
  checkpoint(): Promise<void>;
}

export interface PresentLimits {
  /** Facts that may wait for the disk before pushes are refused. Default 100,000. */
  readonly waitingFacts?: number;
  /** Facts in one push. Default 50,000. */
  readonly factsPerPush?: number;
  /** State kept decoded in memory, in bytes. Default 160 MB, of which the process needs about three times as much. */
  readonly memoryBytes?: number;
  /** Changed keys that may wait for a checkpoint; bounds memory and the time to start again. Default 150,000. */
  readonly dirtyKeys?: number;
  /** Rows in one read. Default 10,000. */
  readonly rowsPerRead?: number;
}

export interface PresentOptions {
  /** Where the log and the state lie; made when not there. One process at a time. */
  readonly directory: string;
  readonly catalog: Catalog;
  /** The time, in microseconds since the epoch. It may go backwards; readers will not notice. */
  readonly clock: () => number;
  readonly limits?: PresentLimits;
  /** How far ahead of our clock a producer's clock may be for its facts to be seen at once. Default "1s". */
  readonly clockTolerance?: DurationText;
  /** How old the newest fact of a key may be before a group's features are `outside_max_age`. */
  readonly maxAge?: Readonly<Record<string, DurationText>>;
  /**
   * `disk` (default): a push is answered after fsync. `process`: after the operating system has it, which
   * survives a killed process but not a power cut.
   */
  readonly durability?: "disk" | "process";
  readonly store?: "lmdb" | "memory";
}
