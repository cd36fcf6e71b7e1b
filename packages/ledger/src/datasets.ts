import type { Json, JsonObject, Micros, Page, PageRequest, Presence, Tags } from "./words.ts";

export interface DatasetColumn {
  readonly name: string;
  readonly type: string;
  /** "key", "asOf", "label", "weight" or "feature". */
  readonly role?: string;
}

export interface DatasetFile {
  /** Where it is: a path relative to the project or a URI of an object store. */
  readonly uri: string;
  /** SHA-256 (64 hex digits) of the bytes. */
  readonly sha256: string;
  readonly bytes: number;
  readonly rows?: number;
}

/** A frozen training set, before the ledger has given it a version. */
export interface FrozenDataset {
  readonly name: string;
  /** SHA-256 (64 hex digits) of the content: rows in spine order, whatever the file layout. */
  readonly hash: string;
  readonly schema: readonly DatasetColumn[];
  readonly rows: number;
  readonly files: readonly DatasetFile[];
  /** How the spine came about, in data: source, filter, sampling. */
  readonly spine: JsonObject;
  /** Hash of the view's definition. */
  readonly viewHash?: string;
  /** The moment facts had to be known by, when the whole set has one. */
  readonly asOf?: Micros;
  /** How rows are divided: method, boundaries, seed. */
  readonly split?: JsonObject;
  /** What was found while freezing: missing values, leakage, counts. */
  readonly report?: Json;
  readonly tags?: Tags;
}

export interface Dataset extends FrozenDataset {
  /** 1, 2, 3 … per name. */
  readonly version: number;
  readonly createdAt: Micros;
  readonly removedAt?: Micros;
  readonly tags: Tags;
}

export interface DatasetRef {
  readonly name: string;
  /** The newest live version when left out. */
  readonly version?: number;
}

export interface DatasetQuery extends PageRequest {
  readonly name?: string;
  /** A part of the name, upper and lower case alike. */
  readonly search?: string;
  readonly viewHash?: string;
  readonly presence?: Presence;
}

export interface Datasets {
  /**
   * Gives the set its next version. The same name and hash again returns the version it already has; the
   * same hash with other rows, schema or view is refused with `bad_data`, for then the hash lies.
   */
  freeze(dataset: FrozenDataset): Promise<Dataset>;
  get(ref: DatasetRef): Promise<Dataset | undefined>;
  /** The first one frozen with this content. */
  byHash(hash: string): Promise<Dataset | undefined>;
  /** By name, newest version first. Pages of 100 by default, 1,000 at most. */
  list(query?: DatasetQuery): Promise<Page<Dataset>>;
  tag(ref: DatasetRef, tags: Readonly<Record<string, string | null>>): Promise<Dataset>;
  /** Hides a version; `restore` brings it back. Files are not touched. */
  remove(ref: Required<DatasetRef>): Promise<Dataset>;
  restore(ref: Required<DatasetRef>): Promise<Dataset>;
}
