import type { Filter, Order } from "./filter.ts";
import type { JsonObject, Micros, Page, PageRequest, Presence, Tags } from "./words.ts";

/** Where a version is in its life. Which one serves is the deployments' business, not the stage's. */
export type ModelStage = "candidate" | "staging" | "production" | "archived";

/** A name under which versions are registered. */
export interface RegisteredModel {
  readonly name: string;
  readonly description?: string;
  readonly tags: Tags;
  /** Alias → version: { champion: 3 }. */
  readonly aliases: Readonly<Record<string, number>>;
  /** The newest live version; absent while there is none. */
  readonly latest?: number;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
  readonly removedAt?: Micros;
}

export interface NewModelVersion {
  readonly name: string;
  /** SHA-256 (64 hex digits) of the model's content. Absent only for models kept elsewhere. */
  readonly hash?: string;
  /** SHA-256 of the blob that holds it. */
  readonly blob?: string;
  /** Where the files are when they are not one blob. */
  readonly source?: string;
  readonly runId?: string;
  readonly loggedModelId?: string;
  readonly datasetHash?: string;
  readonly viewHash?: string;
  readonly metrics?: Readonly<Record<string, number>>;
  /** Format, trainer, inputs, outputs: whatever a server must know to load it. */
  readonly document?: JsonObject;
  readonly description?: string;
  readonly tags?: Tags;
}

export interface ModelVersion extends NewModelVersion {
  /** 1, 2, 3 … per name; the number of a removed version is not used again. */
  readonly version: number;
  readonly stage: ModelStage;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Tags;
  readonly aliases: readonly string[];
  /** Who registered it. */
  readonly user: string;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
  readonly removedAt?: Micros;
}

/** Which version: a number, an alias, or the newest live one. */
export type ModelVersionRef = { readonly name: string } & (
  | { readonly version: number }
  | { readonly alias: string }
  | { readonly latest: true }
);

export interface ModelVersionId {
  readonly name: string;
  readonly version: number;
}

/** Attributes for filter and order: name, created_at, updated_at; and tags. */
export interface RegisteredModelQuery extends PageRequest {
  readonly filter?: Filter;
  /** By name by default. */
  readonly order?: readonly Order[];
  readonly presence?: Presence;
}

/** Attributes: name, version, stage, run_id, source, hash, logged_model_id, created_at, updated_at; and tags. */
export interface ModelVersionQuery extends PageRequest {
  readonly filter?: Filter;
  /** By name, newest version first, by default. */
  readonly order?: readonly Order[];
  readonly presence?: Presence;
}

/** The registry: names, versions, aliases, stages. */
export interface Models {
  /** `conflict` when the name is taken, also by a removed model. */
  create(model: {
    readonly name: string;
    readonly description?: string;
    readonly tags?: Tags;
  }): Promise<RegisteredModel>;
  get(name: string): Promise<RegisteredModel | undefined>;
  describe(name: string, description: string): Promise<RegisteredModel>;
  /** Versions, aliases and lineage move along; refused with `conflict` while a version is deployed. */
  rename(name: string, newName: string): Promise<RegisteredModel>;
  tag(name: string, tags: Readonly<Record<string, string | null>>): Promise<RegisteredModel>;
  /** Refused with `conflict` while a version is deployed. */
  remove(name: string): Promise<RegisteredModel>;
  restore(name: string): Promise<RegisteredModel>;
  /** Pages of 100 by default, 1,000 at most. */
  search(query?: RegisteredModelQuery): Promise<Page<RegisteredModel>>;

  /**
   * Gives a model its next version, creating the name when it is new. The same name, hash and run again
   * returns the version that exists.
   */
  register(version: NewModelVersion): Promise<ModelVersion>;
  version(ref: ModelVersionRef): Promise<ModelVersion | undefined>;
  describeVersion(id: ModelVersionId, description: string): Promise<ModelVersion>;
  tagVersion(id: ModelVersionId, tags: Readonly<Record<string, string | null>>): Promise<ModelVersion>;
  /** Moves a version to another stage; `archiveOthers` sends the versions now there to the archive. */
  stage(
    id: ModelVersionId,
    stage: ModelStage,
    options?: { readonly archiveOthers?: boolean },
  ): Promise<ModelVersion>;
  /** Points an alias at a version; it leaves the one it was at. */
  setAlias(id: ModelVersionId, alias: string): Promise<void>;
  removeAlias(name: string, alias: string): Promise<void>;
  /** Refused with `conflict` while deployed. Its aliases go with it. */
  removeVersion(id: ModelVersionId): Promise<ModelVersion>;
  restoreVersion(id: ModelVersionId): Promise<ModelVersion>;
  /** Pages of 1,000 by default, 10,000 at most. */
  searchVersions(query?: ModelVersionQuery): Promise<Page<ModelVersion>>;
}
