import type { Workload } from "./harness/workload.ts";
import { pointInTimeJoin } from "./point-in-time-join/workload.ts";
import { scoreOneRow } from "./score-one-row/workload.ts";
import { trainBoosting } from "./train-boosting/workload.ts";
import { windowedAggregates } from "./windowed-aggregates/workload.ts";

/** Every workload, in the order of the table. */
export const workloads: readonly Workload[] = [
  pointInTimeJoin,
  windowedAggregates,
  trainBoosting,
  scoreOneRow,
];
