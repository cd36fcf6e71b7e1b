import type { Actor, JsonObject, Micros, Page, PageRequest } from "./words.ts";

/** What an entry is about. `kind` and `name` always; version and hash where the thing has them. */
export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly version?: number;
  readonly hash?: string;
}

/** One thing that happened. Entries are never changed and never removed. */
export interface TimelineEntry {
  /** Position on the timeline: 1, 2, 3 … without gaps, so a missing entry shows. */
  readonly id: number;
  /** When it was recorded; never before the entry in front of it, even if the clock steps back. */
  readonly at: Micros;
  readonly actor: Actor;
  /** Noun and participle: "definition.applied", "run.finished". */
  readonly kind: string;
  readonly subject: Subject;
  readonly payload: JsonObject;
  /** SHA-256 (hex) of the hash in front and of this entry's content: see `entryHash`. */
  readonly hash: string;
}

/** Something another part of Pawl wants on the timeline: a patch, a licence, an alarm. */
export interface Happening {
  readonly kind: string;
  readonly subject: Subject;
  readonly payload?: JsonObject;
}

export interface TimelineQuery extends PageRequest {
  /** Only entries about this; the parts left out match anything. */
  readonly subject?: Partial<Subject>;
  /** Only these kinds; "run.*" matches every kind of that noun. */
  readonly kinds?: readonly string[];
  readonly actor?: Partial<Actor>;
  /** Recorded at or after. */
  readonly from?: Micros;
  /** Recorded before. */
  readonly until?: Micros;
  /** Oldest first ("asc", the default) or newest first. */
  readonly order?: "asc" | "desc";
}

/** Where the timeline ends. Noted elsewhere, it makes the removal of the newest entries visible too. */
export interface TimelineHead {
  /** 0 when nothing has happened yet. */
  readonly id: number;
  readonly hash: string;
}

export interface Verification {
  readonly intact: boolean;
  readonly checked: number;
  readonly head: TimelineHead;
  /** The first entry that does not fit, and what is wrong with it. */
  readonly broken?: { readonly id: number; readonly reason: string };
}

/**
 * Everything that happens is an entry here, and every other table of the ledger is computed from the
 * entries: replaying them into an empty ledger gives the same state.
 */
export interface Timeline {
  /**
   * Records something the ledger itself keeps no table for. Kinds that change the ledger's tables
   * ("model.registered") are refused with `invalid_input`: use their own method.
   */
  record(happening: Happening): Promise<TimelineEntry>;
  get(id: number): Promise<TimelineEntry | undefined>;
  /** Pages of 100 entries by default, 1,000 at most. */
  query(query?: TimelineQuery): Promise<Page<TimelineEntry>>;
  head(): Promise<TimelineHead>;
  /** Every entry from `after` (exclusive) on, read in small steps that let other work through. */
  entries(options?: { readonly after?: number; readonly until?: Micros }): AsyncIterable<TimelineEntry>;
  /**
   * Recomputes the chain. With `since`, a head noted earlier, it also shows whether the timeline still
   * contains it. Tampering is reported, not thrown.
   */
  verify(options?: { readonly since?: TimelineHead; readonly signal?: AbortSignal }): Promise<Verification>;
  /**
   * Appends entries of another timeline unchanged and computes the tables from them. Entries already
   * here are passed over; an entry that differs from the one here, or breaks the chain, is refused with
   * `conflict` and nothing of its batch is kept.
   */
  replay(
    entries: AsyncIterable<TimelineEntry> | Iterable<TimelineEntry>,
  ): Promise<{ readonly added: number }>;
}
