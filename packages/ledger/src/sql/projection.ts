import type { TimelineEntry } from "../timeline.ts";
import type { Sql } from "./database.ts";

/**
 * Computes table rows from one entry and what the tables hold already; from nothing else, so that a replay
 * gives the same tables.
 */
export type Projection = (sql: Sql, entry: TimelineEntry) => Promise<void>;

/** Entry kind → what it does to the tables. */
export type Projections = Readonly<Record<string, Projection>>;

/** A projection of entries whose payload is known to be a `Payload`, because one method alone writes them. */
export function projecting<Payload>(
  apply: (sql: Sql, payload: Payload, entry: TimelineEntry) => Promise<void>,
): Projection {
  return (sql, entry) => apply(sql, entry.payload as unknown as Payload, entry);
}
