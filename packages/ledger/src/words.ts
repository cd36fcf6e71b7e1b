/** Microseconds since 1970-01-01T00:00:00Z, as every time in the ledger. Exact in a JS number until 2255. */
export type Micros = number;

/** Anything JSON can carry. Numbers that are not finite are refused where they are not metrics. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A person, a rule, a model or Pawl itself: who did it. */
export interface Actor {
  readonly kind: "person" | "rule" | "model" | "system";
  readonly name: string;
}

/** Small words on a thing. An empty value is allowed, an empty key is not. */
export type Tags = Readonly<Record<string, string>>;

/** One page of an answer. `next` is absent on the last page; it is opaque and fits only the same question. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageRequest {
  /** How many items at most. Each query states its default and its greatest value. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** Whether removed things are wanted: only those at work (the default), only the removed, or both. */
export type Presence = "live" | "removed" | "both";

/** What the ledger cannot make by itself: the time and chance. Both are given at the composition edge. */
export interface Surroundings {
  /** Now, in microseconds since the epoch. */
  readonly clock: () => Micros;
  /** That many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
}
