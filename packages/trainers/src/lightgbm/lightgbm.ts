import {
  PawlError,
  outputsOf,
  type ModelColumn,
  type ModelDocument,
  type ParamSpecs,
  type Progress,
  type TrainingInput,
} from "@pawl/core";
import { boostingParams, type BoostingParams } from "../boosting/boosting-params.ts";
import { initialTrees, monotoneSigns, rowsToUse } from "../boosting/boosting-input.ts";
import { standardEncodings } from "../linear/standard-encodings.ts";
import { linkOf } from "../model/link.ts";
import { columnReaders, readCell } from "../model/model-rows.ts";
import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { TreeBuilder, type TreeNode } from "../trees/tree-builder.ts";
import { TreeScorer } from "../trees/tree-scorer.ts";
import { TreesModel } from "../trees/trees-model.ts";
import { LightgbmBooster, type LightgbmRows } from "./lightgbm-booster.ts";
import { findLightgbm, loadKoffi } from "./lightgbm-library.ts";
import { readLightgbmTrees } from "./lightgbm-text.ts";

export interface LightgbmParams extends BoostingParams {
  readonly threads: number;
}

const params: ParamSpecs<LightgbmParams> = {
  ...boostingParams,
  threads: {
    type: "integer",
    about: "Threads of LightGBM; part of the recipe, since its sums depend on them.",
    default: 1,
    min: 1,
    max: 256,
  },
};

/** Our parameters in LightGBM's words (Parameters.rst, version 4). */
function parameterText(input: TrainingInput, given: LightgbmParams, signs: Int8Array): string {
  const { task, frame, seed } = input;
  const objective = { binary: "binary", multiclass: "multiclass", regression: "regression", anomaly: "" }[
    task.kind
  ];
  const metric = { binary: "binary_logloss", multiclass: "multi_logloss", regression: "l2", anomaly: "" }[
    task.kind
  ];
  const categorical = frame.columns.flatMap(({ kind }, c) => (kind === "categorical" ? [c] : []));
  const entries: Record<string, string | number> = {
    objective,
    metric,
    learning_rate: given.learningRate,
    num_leaves: given.maxLeaves,
    max_depth: given.maxDepth === 0 ? -1 : given.maxDepth,
    min_data_in_leaf: given.minRowsInLeaf,
    min_sum_hessian_in_leaf: given.minHessianInLeaf,
    lambda_l1: given.l1,
    lambda_l2: given.l2,
    min_gain_to_split: given.minGain,
    feature_fraction: given.featureShare,
    bagging_fraction: given.rowShare,
    bagging_freq: given.rowShare < 1 ? 1 : 0,
    max_bin: given.maxBins,
    max_cat_to_onehot: given.maxOneHot,
    max_cat_threshold: given.maxCategoriesInSplit,
    cat_l2: given.categoryL2,
    cat_smooth: given.categorySmoothing,
    min_data_per_group: given.minRowsInCategory,
    num_threads: given.threads,
    // LightGBM's seeds are signed.
    seed: seed & 0x7fffffff,
    deterministic: "true",
    force_row_wise: "true",
    verbosity: -1,
    ...(task.kind === "multiclass" && { num_class: task.classes.length }),
    ...(categorical.length > 0 && { categorical_feature: categorical.join(",") }),
    ...(signs.some((sign) => sign !== 0) && { monotone_constraints: [...signs].join(",") }),
  };
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** Rows of the frame as LightGBM reads them: float32, the model's category codes, NaN missing. */
function lightgbmRows(
  input: TrainingInput,
  columns: readonly ModelColumn[],
  rows: Int32Array,
  margins: Float64Array | undefined,
): LightgbmRows {
  const { frame, task, target, weights } = input;
  const outputs = outputsOf(task);
  const width = columns.length;
  const cells = new Float32Array(rows.length * width);
  for (const [c, reader] of columnReaders(columns, frame).entries()) {
    for (let i = 0; i < rows.length; i++) cells[i * width + c] = readCell(reader, rows[i] as number);
  }
  const initScore =
    margins &&
    Float64Array.from({ length: rows.length * outputs }, (_, i) => {
      const row = rows[i % rows.length] as number;
      return margins[row * outputs + Math.floor(i / rows.length)] ?? 0;
    });
  return {
    cells,
    rows: rows.length,
    columns: width,
    label: Float32Array.from(rows, (row) => target[row] as number),
    weight: weights && Float32Array.from(rows, (row) => weights[row] as number),
    initScore,
  };
}

function libraryPath(): string {
  const { path, why } = findLightgbm();
  if (path === undefined) throw new PawlError("unavailable", "LightGBM is not here.", { found: why });
  return path;
}

function fitLightgbm(
  input: TrainingInput,
  given: LightgbmParams,
  report: (progress: Progress) => void,
): ModelDocument {
  const { frame, task } = input;
  const signs = monotoneSigns(input, given);
  const { fit, watch } = rowsToUse(input, given);
  const init = initialTrees(input.init, Infinity);
  const columns = init?.columns ?? standardEncodings(frame, undefined).columns;
  const margins = input.init?.margins(frame);
  report({ stage: "binning columns", done: 0 });
  const fitRows = lightgbmRows(input, columns, fit, margins);
  const booster = new LightgbmBooster(
    libraryPath(),
    parameterText(input, given, signs),
    fitRows,
    watch.length === 0 ? undefined : lightgbmRows(input, columns, watch, margins),
  );
  const outputs = outputsOf(task);
  const builder = new TreeBuilder();
  if (init !== undefined) builder.addAll(init.trees);
  try {
    const rounds = runRounds(booster, given, report);
    const trees = readLightgbmTrees(booster.text(rounds));
    checkConversion(booster, trees, fitRows, outputs, rounds);
    for (const [i, nodes] of trees.entries()) builder.add(i % outputs, nodes);
  } finally {
    booster.close();
  }
  const fields = {
    estimator: "lightgbm",
    task,
    columns,
    link: linkOf(task),
    training: {
      params: { ...given, monotone: { ...given.monotone } },
      seed: input.seed,
      rows: frame.rows,
      heldOut: watch.length,
      continuedFrom: input.init?.hash() ?? null,
    },
  };
  return new TreesModel(fields, builder.build(init?.trees.base ?? new Float64Array(outputs))).document();
}

/** Rows on which the converted trees must answer as LightGBM does. */
const checkedRows = 100;

/** Refuses a conversion that changes answers, whatever a future version of LightGBM may write. */
function checkConversion(
  booster: LightgbmBooster,
  trees: readonly (readonly TreeNode[])[],
  rows: LightgbmRows,
  outputs: number,
  rounds: number,
): void {
  const some = Math.min(checkedRows, rows.rows);
  const sample = { ...rows, rows: some, cells: rows.cells.subarray(0, some * rows.columns) };
  const theirs = booster.predict("margin", sample, outputs, rounds);
  const builder = new TreeBuilder();
  for (const [i, nodes] of trees.entries()) builder.add(i % outputs, nodes);
  const ours = new Float64Array(some * outputs);
  new TreeScorer(builder.build(new Float64Array(outputs)), rows.columns).addBlock(
    sample.cells,
    some,
    ours,
    0,
  );
  const bad = ours.findIndex((margin, i) => {
    const expected = theirs[i] ?? Number.NaN;
    return !(Math.abs(margin - expected) <= 1e-9 * Math.max(1, Math.abs(expected)));
  });
  if (bad < 0) return;
  throw new PawlError("internal", "LightGBM's trees did not survive the conversion.", {
    found: `a margin of ${ours[bad]} where LightGBM says ${theirs[bad]}`,
    next: "Use the estimator gradient-boosting, and report this with LightGBM's version.",
  });
}

/** Boosts until done, out of patience or out of splits; gives the number of rounds to keep. */
function runRounds(
  booster: LightgbmBooster,
  { rounds, patience }: LightgbmParams,
  report: (progress: Progress) => void,
): number {
  let best = { loss: Infinity, round: 0 };
  for (let round = 1; round <= rounds; round++) {
    const more = booster.update();
    report({ stage: "tree", done: round, total: rounds });
    if (patience > 0) {
      const loss = booster.watchedLoss();
      if (loss < best.loss) best = { loss, round };
      else if (round - best.round >= patience) break;
    }
    if (!more) break;
  }
  return patience > 0 ? best.round : rounds;
}

export const lightgbmDefinition: TrainingDefinition<LightgbmParams> = {
  name: "lightgbm",
  about: "Boosted trees by LightGBM, where its library is present; the model is one of ours.",
  tasks: ["binary", "multiclass", "regression"],
  params,
  traits: { warmStart: true, weights: true, rowOrderFree: false, monotone: true, onnx: true },
  heavy: true,
  unavailable: () => {
    if (loadKoffi() === undefined) return "the optional package koffi is not installed";
    return findLightgbm().why;
  },
  prepare: () => {
    // Read by OpenMP when the library is loaded, and only from the process's own environment, which a
    // thread cannot change. Spinning threads would starve their neighbours.
    process.env["OMP_WAIT_POLICY"] ??= "passive";
  },
  fit: fitLightgbm,
};

export const lightgbm = defineEstimator(lightgbmDefinition);
