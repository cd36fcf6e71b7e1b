import type { Micros } from "./words.ts";

/** Whose files: a run's or a logged model's. */
export interface ArtifactOwner {
  readonly kind: "run" | "logged-model";
  readonly id: string;
}

/** A named file of a run or model; its bytes are a blob. */
export interface Artifact {
  /** Relative, with "/" between folders; never "..", never absolute. */
  readonly path: string;
  /** SHA-256 of the bytes: their name in the blob store. */
  readonly blob: string;
  readonly bytes: number;
  readonly mediaType?: string;
  readonly storedAt: Micros;
}

export type ArtifactListing =
  | { readonly path: string; readonly folder: true }
  | (Artifact & { readonly folder: false });

export interface Artifacts {
  /** Names a stored blob. The same path again points to the new bytes; the timeline keeps the old hash. */
  put(owner: ArtifactOwner, artifact: Omit<Artifact, "storedAt">): Promise<Artifact>;
  get(owner: ArtifactOwner, path: string): Promise<Artifact | undefined>;
  /** Direct children of a folder ("" is the top), folders and files, by name. */
  list(owner: ArtifactOwner, folder?: string): Promise<readonly ArtifactListing[]>;
  /** Every file at or below a path. */
  all(owner: ArtifactOwner, folder?: string): Promise<readonly Artifact[]>;
  /** Takes away a file, or a folder with all its files. Returns how many. */
  remove(owner: ArtifactOwner, path: string): Promise<number>;
}
