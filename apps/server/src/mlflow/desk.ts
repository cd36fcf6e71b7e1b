import type { BlobStore, Ledger } from "@pawl/ledger";
import type { ArtifactRoots } from "./artifact-roots.ts";

/** What the calls of the wire work with. */
export interface Desk {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly roots: ArtifactRoots;
}
