import type { Filter, Order } from "./filter.ts";
import type { Metric } from "./metrics.ts";
import type { Micros, Page, PageRequest, Presence, Tags } from "./words.ts";

export type LoggedModelStatus = "pending" | "ready" | "failed";

/** A model as it came out of a run: files and measurements, not yet a version of a registered model. */
export interface LoggedModel {
  /** "m-" and 32 hex digits. */
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly type?: string;
  readonly sourceRunId?: string;
  readonly status: LoggedModelStatus;
  readonly statusMessage?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Tags;
  /** The latest value of each metric that names this model, per dataset. */
  readonly metrics: readonly (Metric & { readonly runId: string })[];
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
  readonly removedAt?: Micros;
}

export interface NewLoggedModel {
  readonly experimentId: string;
  readonly id?: string;
  /** Made up when left out. */
  readonly name?: string;
  readonly type?: string;
  readonly sourceRunId?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Tags;
}

/** Attributes for filter and order: id, name, status, type, source_run_id, experiment_id, created_at, updated_at. */
export interface LoggedModelQuery extends PageRequest {
  readonly experimentIds?: readonly string[];
  readonly filter?: Filter;
  readonly order?: readonly Order[];
  readonly presence?: Presence;
}

export interface LoggedModels {
  create(model: NewLoggedModel): Promise<LoggedModel>;
  get(id: string): Promise<LoggedModel | undefined>;
  /** Ends the pending state; a model that is ready or failed keeps its status. */
  finish(id: string, status: "ready" | "failed", message?: string): Promise<LoggedModel>;
  logParams(id: string, params: Readonly<Record<string, string>>): Promise<LoggedModel>;
  /** Sets tags; a null takes one away. */
  tag(id: string, tags: Readonly<Record<string, string | null>>): Promise<LoggedModel>;
  remove(id: string): Promise<LoggedModel>;
  restore(id: string): Promise<LoggedModel>;
  /** Newest first by default. Pages of 100 by default, 1,000 at most. */
  search(query?: LoggedModelQuery): Promise<Page<LoggedModel>>;
}
