import type { Ledger } from "@pawl/ledger";
import type { Serving } from "@pawl/loop";
import type { DatasetFiles } from "./native/dataset-files.ts";
import type { Gate } from "./http/gate.ts";
import type { Limits } from "./http/limits.ts";
import type { Live } from "./live/live.ts";
import type { Log } from "./log.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";

/** What the application stands on. `compose` makes it from a project; tests make it by hand. */
export interface Ports {
  readonly serving: Serving;
  readonly ledger: Ledger;
  readonly datasetFiles: DatasetFiles;
  /** Absent where nothing live is kept: then facts cannot be pushed, and Feast's wire is not there. */
  readonly live?: Live;
  readonly gate: Gate;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly limits: Limits;
  /** What this server calls itself in documents: its version. */
  readonly version: string;
  /** False once the server is going down: readiness says so before connections end. */
  readonly accepting: () => boolean;
}
