import type { Catalog, Estimator, Instant, TrainedModel } from "@pawl/core";
import type { History } from "@pawl/history";
import type { BlobStore, Ledger } from "@pawl/ledger";

/** What the verbs of the loop stand on; wired in one place by the application. */
export interface Ports {
  readonly catalog: Catalog;
  readonly history: History;
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  /** By name. */
  readonly estimators: ReadonlyMap<string, Estimator>;
  /** Reads a model back from its bytes. */
  readonly loadModel: (bytes: Uint8Array) => Promise<TrainedModel> | TrainedModel;
  readonly clock: () => Instant;
  readonly random: (bytes: number) => Uint8Array;
  /** Where frozen datasets lie: an absolute folder of the project's own. */
  readonly datasetFolder: string;
  /** Where facts exported from the log lie, for history to read. */
  readonly factFolder: string;
  /** What makes a run repeatable beside its data: versions of Pawl, Node and so on. */
  readonly environment: Readonly<Record<string, string | number>>;
}
