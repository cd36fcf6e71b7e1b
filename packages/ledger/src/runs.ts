import type { Filter, Order } from "./filter.ts";
import type { Metric, MetricHistory } from "./metrics.ts";
import type { JsonObject, Micros, Page, PageRequest, Presence, Tags } from "./words.ts";

/**
 * scheduled → running → finished | failed | killed. A run that ended may be resumed (running again);
 * it never changes from one end to another directly.
 */
export type RunStatus = "scheduled" | "running" | "finished" | "failed" | "killed";

/** A dataset as a run saw it: one of ours (`hash`) or a description of somebody else's. */
export interface RunDataset {
  readonly name: string;
  /** Short fingerprint of the content; for our datasets the beginning of the hash. */
  readonly digest: string;
  readonly hash?: string;
  readonly sourceType?: string;
  readonly source?: string;
  readonly schema?: string;
  readonly profile?: string;
  /** What it was used for ("training", "evaluation") and other words about this use. */
  readonly tags?: Tags;
}

export interface RunModel {
  /** A logged model's id. */
  readonly modelId: string;
  readonly step?: number;
}

export interface NewRun {
  readonly experimentId: string;
  /** 32 hex digits; made up when left out. */
  readonly id?: string;
  /** Made up ("brisk-heron-41") when left out. */
  readonly name?: string;
  readonly status?: "scheduled" | "running";
  readonly startedAt?: Micros;
  /** Whom the run belongs to; the actor's name when left out. */
  readonly user?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Tags;
  /** Library versions, machine, threads: whatever makes the attempt repeatable. */
  readonly environment?: JsonObject;
  readonly seed?: number;
  readonly codeVersion?: string;
  /** Hash of the dataset trained on, one the ledger knows. */
  readonly datasetHash?: string;
  /** Run this one is a part of, such as a search over settings. */
  readonly parentId?: string;
}

export interface Run {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly user: string;
  readonly startedAt: Micros;
  readonly endedAt?: Micros;
  readonly removedAt?: Micros;
  readonly environment: JsonObject;
  readonly seed?: number;
  readonly codeVersion?: string;
  readonly datasetHash?: string;
  readonly parentId?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Tags;
  /** The latest value of each metric: the greatest (step, time, value); NaN is below every number. */
  readonly metrics: readonly Metric[];
  readonly inputs: { readonly datasets: readonly RunDataset[]; readonly models: readonly RunModel[] };
  readonly outputs: readonly RunModel[];
}

/** What is logged in one go, in one transaction: all of it or nothing. */
export interface RunLog {
  readonly metrics?: readonly Metric[];
  readonly params?: Readonly<Record<string, string>>;
  /** A null takes a tag away. */
  readonly tags?: Readonly<Record<string, string | null>>;
}

export interface RunUpdate {
  readonly name?: string;
  /** Ending a run sets `endedAt`, to now unless given. */
  readonly status?: RunStatus;
  readonly endedAt?: Micros;
}

/**
 * Attributes for filter and order: id, name, status, user, started_at, ended_at, experiment_id,
 * dataset_hash, code_version, parent_id. Datasets by name, digest, hash, context.
 */
export interface RunQuery extends PageRequest {
  /** None means all experiments that are not removed. */
  readonly experimentIds?: readonly string[];
  readonly filter?: Filter;
  /** Newest start first by default; ties by id. */
  readonly order?: readonly Order[];
  readonly presence?: Presence;
}

/** Training attempts: what was tried, with what, and what came of it. */
export interface Runs extends MetricHistory {
  start(run: NewRun): Promise<Run>;
  /** Also finds removed runs; see `removedAt`. */
  get(id: string): Promise<Run | undefined>;
  /** `conflict` when the status may not follow the one it has. */
  update(id: string, update: RunUpdate): Promise<Run>;
  /**
   * Metrics already there (same key, time, step, value) are passed over; a param that already has another
   * value is refused with `conflict`. Survives the end of the process at once, a power cut within moments.
   */
  log(id: string, log: RunLog): Promise<void>;
  logInputs(
    id: string,
    inputs: { readonly datasets?: readonly RunDataset[]; readonly models?: readonly RunModel[] },
  ): Promise<void>;
  logOutputs(id: string, models: readonly RunModel[]): Promise<void>;
  remove(id: string): Promise<Run>;
  restore(id: string): Promise<Run>;
  /** Pages of 1,000 by default, 50,000 at most. */
  search(query?: RunQuery): Promise<Page<Run>>;
  /** The distinct datasets used by runs of these experiments. */
  datasetsOf(
    experimentIds: readonly string[],
  ): Promise<readonly (RunDataset & { readonly experimentId: string })[]>;
}
