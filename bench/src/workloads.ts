import type { Workload } from "./harness/workload.ts";
import { ingest } from "./ingest/workload.ts";
import { mlflowTracking } from "./mlflow/workload.ts";
import { onlineRead } from "./online-read/workload.ts";
import { pointInTimeJoin } from "./point-in-time-join/workload.ts";
import { scoreOneRow } from "./score-one-row/workload.ts";
import { servePredict } from "./serve-predict/workload.ts";
import { trainBoosting } from "./train-boosting/workload.ts";
import { windowedAggregates } from "./windowed-aggregates/workload.ts";

/** Every workload, in the order of the table. */
export const workloads: readonly Workload[] = [
  pointInTimeJoin,
  windowedAggregates,
  trainBoosting,
  scoreOneRow,
  onlineRead,
  ingest,
  servePredict,
  mlflowTracking,
];
