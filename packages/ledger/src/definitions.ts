import type { Json, Micros, Page, PageRequest, Presence } from "./words.ts";

/**
 * A definition as the ledger sees it: a named, versioned document whose meaning has a hash. The ledger
 * never looks inside `document`.
 */
export interface Definition {
  /** "entity", "source", "feature", "group", "view", "model" …; the ledger accepts any word. */
  readonly kind: string;
  readonly name: string;
  /** 1, 2, 3 … A new meaning takes a new version. */
  readonly version: number;
  /** SHA-256 (64 hex digits) of the canonical meaning; two definitions of one kind with the same hash are the same. */
  readonly hash: string;
  readonly document: Json;
  /** Hashes of the definitions this one is built on. */
  readonly dependsOn: readonly string[];
}

export interface AppliedDefinition extends Definition {
  readonly appliedAt: Micros;
  readonly removedAt?: Micros;
}

/** Which definition: the newest version unless one is named. */
export interface DefinitionRef {
  readonly kind: string;
  readonly name: string;
  readonly version?: number;
}

interface Change<Kind extends string> {
  readonly change: Kind;
  readonly definition: Definition;
}

/** What applying one definition would do. */
export type DefinitionChange =
  /** A new name, or a new version of a name. */
  | Change<"added">
  /** Already applied, word for word. */
  | Change<"unchanged">
  /** A new name for a meaning that already has others: the same feature under two names. */
  | (Change<"same-meaning"> & { readonly sameAs: readonly DefinitionRef[] })
  /** The same meaning with another document: a description, an owner, the place of the data. */
  | Change<"updated">
  /** Removed earlier, back now with the same meaning. */
  | Change<"restored">
  /** Taken from work; the document stays in the ledger. */
  | Change<"removed">
  /** Not possible; `reason` says why and `next` what to do. */
  | (Change<"refused"> & { readonly reason: string; readonly next: string });

export interface DefinitionPlan {
  /** One change per document given, in the order given; then removals. */
  readonly changes: readonly DefinitionChange[];
  readonly refused: boolean;
  /** Timeline position the plan was made at; `apply` refuses a plan that has become old. */
  readonly basis: number;
}

export interface PlanOptions {
  /** Also take these from work: every live version of the name, unless one is named. */
  readonly remove?: readonly DefinitionRef[];
  /** Also remove every live definition whose name no document carries: they are the whole truth. */
  readonly prune?: boolean;
}

export interface ApplyOptions extends PlanOptions {
  /** Apply only if nothing about definitions has happened since this plan (`conflict` otherwise). */
  readonly plan?: DefinitionPlan;
}

export interface DefinitionQuery extends PageRequest {
  readonly kind?: string;
  readonly name?: string;
  readonly hash?: string;
  /** A part of the name, upper and lower case alike. */
  readonly search?: string;
  readonly presence?: Presence;
  /** As things stood before this moment, documents included. Takes the place of `presence`. */
  readonly asOf?: Micros;
}

/**
 * Definitions by name, version and meaning. The same name and version never gets another meaning, and
 * nothing that something at work depends on is removed.
 */
export interface Definitions {
  plan(documents: readonly Definition[], options?: PlanOptions): Promise<DefinitionPlan>;
  /** All changes in one transaction, or `definition_conflict` and none. Returns the plan that was carried out. */
  apply(documents: readonly Definition[], options?: ApplyOptions): Promise<DefinitionPlan>;
  /** Newest version unless one is named; removed ones only when the version is named. */
  get(ref: DefinitionRef): Promise<AppliedDefinition | undefined>;
  /** Every name that carries this meaning, live ones first. */
  byHash(hash: string): Promise<readonly AppliedDefinition[]>;
  /** Every version of a name, oldest first, removed ones included. */
  versions(ref: { readonly kind: string; readonly name: string }): Promise<readonly AppliedDefinition[]>;
  /** By kind, name, version. Pages of 1,000 by default, 10,000 at most. */
  list(query?: DefinitionQuery): Promise<Page<AppliedDefinition>>;
}
