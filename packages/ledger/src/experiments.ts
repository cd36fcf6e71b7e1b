import type { Filter, Order } from "./filter.ts";
import type { Micros, Page, PageRequest, Presence, Tags } from "./words.ts";

/** Comparable training attempts under one name. */
export interface Experiment {
  /** "1", "2", "3" …; "0" is reserved for a default an outer layer may create. */
  readonly id: string;
  /** Unique among all experiments, removed ones included. */
  readonly name: string;
  readonly artifactLocation?: string;
  readonly tags: Tags;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
  readonly removedAt?: Micros;
}

export interface NewExperiment {
  readonly name: string;
  /** Only for an import or a default; a free number is taken otherwise. */
  readonly id?: string;
  readonly artifactLocation?: string;
  readonly tags?: Tags;
}

/** Attributes for filter and order: id, name, created_at, updated_at; and tags. */
export interface ExperimentQuery extends PageRequest {
  readonly filter?: Filter;
  /** Newest first by default. */
  readonly order?: readonly Order[];
  readonly presence?: Presence;
}

export interface Experiments {
  /** `conflict` when the name or id is taken, also by a removed experiment. */
  create(experiment: NewExperiment): Promise<Experiment>;
  get(id: string): Promise<Experiment | undefined>;
  byName(name: string): Promise<Experiment | undefined>;
  rename(id: string, name: string): Promise<Experiment>;
  /** Sets tags; a null takes one away. */
  tag(id: string, tags: Readonly<Record<string, string | null>>): Promise<Experiment>;
  /** Removes the experiment and its live runs from view; `restore` brings back both. */
  remove(id: string): Promise<Experiment>;
  restore(id: string): Promise<Experiment>;
  /** Pages of 1,000 by default, 50,000 at most. */
  search(query?: ExperimentQuery): Promise<Page<Experiment>>;
}
