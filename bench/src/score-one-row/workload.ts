import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gradientBoosting } from "@pawl/trainers";
import type { Contender } from "../harness/contender.ts";
import { ensurePython } from "../harness/python.ts";
import { race } from "../harness/race.ts";
import type { Target, Variant } from "../harness/results.ts";
import { readTable } from "../harness/table-file.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";
import { learningFolder } from "../train-boosting/data.ts";
import { boostingSettings } from "../train-boosting/settings.ts";

const place = "score-one-row";

const pawl: Contender = {
  name: "Pawl, encoded row",
  runtime: "node",
  script: `${place}/pawl`,
  options: { from: "rows" },
  sameAnswer: true,
};

const others: readonly Contender[] = [
  {
    name: "Pawl, record by name",
    runtime: "node",
    script: `${place}/pawl`,
    options: { from: "records" },
    sameAnswer: true,
  },
  {
    name: "onnxruntime, Python",
    runtime: "python",
    script: `${place}/onnxruntime_score`,
    sameAnswer: true,
    note: "scores the model that Pawl exported.",
  },
  {
    name: "LightGBM predict, Python",
    runtime: "python",
    script: `${place}/lightgbm_score`,
    sameAnswer: false,
    note: "scores a model of its own, of the same size.",
  },
];

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  if (options.peers) ensurePython("python", options.log);
  const shrink = options.quick ? 40 : 1;
  const data = learningFolder({ kind: "numbers", train: 160_000 / shrink, test: 40_000 / shrink });
  const input = { ...readTable(data, "train"), task: { kind: "binary" }, seed: 1 } as const;
  const model = await gradientBoosting.train(input, boostingSettings);
  writeFileSync(join(data, "model.pawl"), model.bytes());
  writeFileSync(join(data, "model.onnx"), model.toOnnx());
  const contenders = [pawl, ...others].filter(({ runtime }) => options.peers || runtime === "node");
  // An exported model computes in float32: its probabilities are equal to about seven digits.
  const measurements = await race(contenders, { ...options, data, limit: 60, tolerance: 1e-5 });
  return [{ name: "200 trees × 31 leaves, 30 features", rows: null, compareBy: "p50", measurements }];
}

function targets(found: readonly Variant[]): readonly Target[] {
  const p50 = found[0]?.measurements.find((m) => m.pawl)?.numbers["p50"];
  if (p50 === undefined) return [];
  return [{ text: "p50 below 15 µs a row", found: `${p50.toFixed(1)} µs`, met: p50 < 15 }];
}

export const scoreOneRow: Workload = {
  name: place,
  about: "Boosted trees asked for one row at a time, as a server is: how long a single answer takes.",
  method:
    "One run scores 40,000 rows, one call each, every call timed; the first fifth is not counted. p50 and p99 " +
    "are the medians of the runs. Rows are in memory in the form the library takes.",
  extraColumns: [
    { key: "p50", heading: "p50, µs", digits: 1 },
    { key: "p99", heading: "p99, µs", digits: 1 },
  ],
  run,
  targets,
};
