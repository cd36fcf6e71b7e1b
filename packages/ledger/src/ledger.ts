import type { Work } from "@pawl/core";
import type { Artifacts } from "./artifacts.ts";
import type { Datasets } from "./datasets.ts";
import type { Definitions } from "./definitions.ts";
import type { Deployments } from "./deployments.ts";
import type { Experiments } from "./experiments.ts";
import type { Lineage } from "./lineage.ts";
import type { LoggedModels } from "./logged-models.ts";
import type { Models } from "./models.ts";
import type { Runs } from "./runs.ts";
import type { Timeline } from "./timeline.ts";
import type { Actor, Micros } from "./words.ts";

/**
 * Every version of everything, who and when. Each change is one transaction that writes its entry on the
 * timeline and the tables computed from it.
 */
export interface Ledger {
  readonly timeline: Timeline;
  readonly definitions: Definitions;
  readonly datasets: Datasets;
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly loggedModels: LoggedModels;
  readonly models: Models;
  readonly deployments: Deployments;
  readonly artifacts: Artifacts;
  readonly lineage: Lineage;
  /** Who the changes made through this ledger are put down to. */
  readonly actor: Actor;
  /** The same ledger in somebody's name. Closing either closes both. */
  as(actor: Actor): Ledger;
  /**
   * The ledger as it stood before a moment: entries with `at < moment`, replayed in memory. Every question
   * can be put to it; every change is refused with `conflict`. Close it after use. It takes time and
   * memory in proportion to the timeline; definitions and deployments answer `asOf` and `at` directly.
   */
  asOf(moment: Micros, work?: Work): Promise<Ledger>;
  /** Hashes of blobs that something in the ledger points to, removed things included. */
  blobsInUse(): Promise<ReadonlySet<string>>;
  /** SHA-256 of all tables: equal exactly when the state is equal. Reads everything; for checks. */
  fingerprint(): Promise<string>;
  close(): Promise<void>;
}
