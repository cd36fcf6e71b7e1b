import { PawlError, type TrainedModel, type TrainingInput } from "@pawl/core";
import { TreesModel } from "../trees/trees-model.ts";
import type { BoostingParams } from "./boosting-params.ts";
import { timeHoldout } from "./time-holdout.ts";

/** The trees to continue, if the model is a boosted one. Throws `invalid_input`. */
export function initialTrees(init: TrainedModel | undefined, mostCategories: number): TreesModel | undefined {
  if (init === undefined) return undefined;
  const wide = init.columns.find(
    (column) => column.kind === "categorical" && column.categories.length > mostCategories,
  );
  if (wide?.kind === "categorical") {
    throw new PawlError("unsupported", "Boosting cannot continue a model with so many categories.", {
      found: `${wide.categories.length} categories in "${wide.name}"`,
      expected: `at most ${mostCategories}`,
      next: "Continue it with the estimator that made it.",
    });
  }
  if (init instanceof TreesModel && init.link !== "isolation") return init;
  throw new PawlError("invalid_input", "Boosting cannot continue this model.", {
    found: `a model of the estimator ${init.estimator}`,
    expected: "a boosted model",
    next: "Train afresh, or continue with the estimator that made it.",
  });
}

/** Rows to fit and, with early stopping, later rows to watch; rows of weight 0 take no part. */
export function rowsToUse(
  input: TrainingInput,
  params: BoostingParams,
): { fit: Int32Array; watch: Int32Array } {
  const { weights, times, frame } = input;
  const all = { fit: Int32Array.from({ length: frame.rows }, (_, row) => row), watch: new Int32Array() };
  if (params.patience > 0 && times === undefined) {
    throw new PawlError("invalid_input", "Early stopping watches the latest rows and needs their times.", {
      found: `patience ${params.patience} and no times`,
      next: "Give times, or set patience to 0.",
    });
  }
  const split = params.patience > 0 && times !== undefined ? timeHoldout(times, params.holdoutShare) : all;
  if (weights === undefined) return split;
  const counts = (row: number): boolean => (weights[row] ?? 0) > 0;
  const used = { fit: split.fit.filter(counts), watch: split.watch.filter(counts) };
  if (used.fit.length > 0 && (used.watch.length > 0 || params.patience === 0)) return used;
  throw new PawlError("insufficient_data", "Early stopping leaves a side whose rows all weigh 0.", {
    found: `${used.fit.length} rows to fit, ${used.watch.length} to watch`,
  });
}

/** The monotone sign of every column. Throws `invalid_input`, `unsupported` for multiclass. */
export function monotoneSigns(input: TrainingInput, params: BoostingParams): Int8Array {
  const { columns } = input.frame;
  const refuse = (message: string, name: string): never => {
    throw new PawlError("invalid_input", message, { found: name, expected: "a numeric column of the frame" });
  };
  for (const [name, sign] of Object.entries(params.monotone)) {
    const column = columns.find((one) => one.name === name);
    if (column === undefined) refuse("A monotone constraint names no column.", name);
    if (column?.kind === "categorical" && sign !== 0)
      refuse("Categories have no order to be monotone in.", name);
    if (sign !== 0 && input.task.kind === "multiclass") {
      throw new PawlError("unsupported", "Monotone constraints need a task with one output.", {
        found: "a multiclass task",
        next: "Drop the constraint, or train one binary model per class.",
      });
    }
  }
  return Int8Array.from(columns, ({ name }) =>
    Object.hasOwn(params.monotone, name) ? (params.monotone[name] ?? 0) : 0,
  );
}
