import type { Contender } from "../harness/contender.ts";
import { ensurePython } from "../harness/python.ts";
import { race } from "../harness/race.ts";
import type { Target, Variant } from "../harness/results.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";
import { learningFolder, type LearningSize } from "./data.ts";

const place = "train-boosting";

const pawl: Contender = { name: "Pawl", runtime: "node", script: `${place}/pawl`, sameAnswer: true };
const lightgbm: Contender = {
  name: "LightGBM, one thread",
  runtime: "python",
  script: `${place}/lightgbm_train`,
  sameAnswer: false,
};
const sklearn: Contender = {
  name: "scikit-learn HistGradientBoosting, one thread",
  runtime: "python",
  script: `${place}/sklearn_train`,
  sameAnswer: false,
};

const variants = (quick: boolean): readonly (readonly [string, LearningSize])[] => {
  const shrink = quick ? 40 : 1;
  return [
    ["160,000 rows × 30 numbers", { kind: "numbers", train: 160_000 / shrink, test: 40_000 / shrink }],
    [
      "32,560 rows of a census: 6 numbers, 8 categorical columns",
      { kind: "census", train: 32_560 / shrink, test: 16_280 / shrink },
    ],
  ];
};

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  if (options.peers) ensurePython("python", options.log);
  const done: Variant[] = [];
  for (const [name, size] of variants(options.quick)) {
    options.log(`  ${name}`);
    const contenders = options.peers ? [pawl, lightgbm, sklearn] : [pawl];
    const data = learningFolder(size);
    done.push({
      name,
      rows: null,
      measurements: await race(contenders, { ...options, data, limit: 60, tolerance: 0 }),
    });
  }
  return done;
}

function targets(found: readonly Variant[]): readonly Target[] {
  return found.flatMap(({ name, measurements }): Target[] => {
    const ours = measurements.find((m) => m.contender === pawl.name);
    const theirs = measurements.find((m) => m.contender === lightgbm.name);
    const [auc, bar] = [ours?.numbers["auc"], theirs?.numbers["auc"]];
    if (!ours?.median || !theirs?.median || auc === undefined || bar === undefined) return [];
    const ratio = ours.median / theirs.median;
    return [
      {
        text: `within 2 × LightGBM on one thread (${name})`,
        found: `${ratio.toFixed(2)} ×`,
        met: ratio <= 2,
      },
      {
        text: `AUC at most 0.001 below LightGBM's (${name})`,
        found: `${auc.toFixed(4)} against ${bar.toFixed(4)}`,
        met: auc >= bar - 0.001,
      },
    ];
  });
}

export const trainBoosting: Workload = {
  name: place,
  about:
    "Gradient-boosted trees: 200 trees of 31 leaves, learning rate 0.1, 255 bins, at least 20 rows in a leaf, " +
    "on one thread. The AUC is that of rows not trained on.",
  method:
    "Columns in memory in, a trained model out; binning is part of it. The numbers are standard normal with " +
    "some cells missing; the census is generated in the shape of the well-known one (real files cannot be " +
    "had from a package registry), with unequal categories and missing cells. Pawl trains in a worker thread.",
  extraColumns: [{ key: "auc", heading: "AUC", digits: 4 }],
  run,
  targets,
};
