import {
  accuracy,
  brier,
  calibrationError,
  logLoss,
  multiclassLogLoss,
  toClasses,
} from "./metrics/classification.ts";
import { auc, prAuc } from "./metrics/ranking.ts";
import { mae, r2, rmse } from "./metrics/regression.ts";
import type { Task } from "./task.ts";

/** Metric name → value; NaN where a metric is not defined (AUC with one class). */
export type Scorecard = Readonly<Record<string, number>>;

/** The loss models of a task are ranked by; smaller is better. */
export const primaryLoss: { readonly [K in Task["kind"]]: "log_loss" | "rmse" | "none" } = {
  binary: "log_loss",
  multiclass: "log_loss",
  regression: "rmse",
  anomaly: "none",
};

/** Whether more of this metric is better; undefined for an unknown name. */
export function higherIsBetter(metric: string): boolean | undefined {
  if (["auc", "pr_auc", "accuracy", "r2"].includes(metric)) return true;
  if (["log_loss", "brier", "calibration_error", "rmse", "mae"].includes(metric)) return false;
  return undefined;
}

/**
 * All metrics of a task. `predictions` are rows × outputs as a model gives them; `labels` are 0/1, class
 * indices or values. Anomaly scores have no labels and give an empty card.
 */
export function scorecard(task: Task, labels: Float64Array, predictions: Float64Array): Scorecard {
  switch (task.kind) {
    case "binary":
      return {
        auc: auc(labels, predictions),
        log_loss: logLoss(labels, predictions),
        brier: brier(labels, predictions),
        pr_auc: prAuc(labels, predictions),
        accuracy: accuracy(labels, toClasses(predictions, 1)),
        calibration_error: calibrationError(labels, predictions),
      };
    case "multiclass": {
      const classes = task.classes.length;
      return {
        log_loss: multiclassLogLoss(labels, predictions, classes),
        accuracy: accuracy(labels, toClasses(predictions, classes)),
      };
    }
    case "regression":
      return { rmse: rmse(labels, predictions), mae: mae(labels, predictions), r2: r2(labels, predictions) };
    case "anomaly":
      return {};
  }
}

/** Probabilities are held this far from 0 and 1 before the logarithm. */
const floor = 1e-15;

/** The loss of every single row: −ln p(label) for classes, squared error for numbers. */
export function rowLosses(task: Task, labels: Float64Array, predictions: Float64Array): Float64Array {
  const classes = task.kind === "multiclass" ? task.classes.length : 1;
  return labels.map((label, row) => {
    const given = predictions[row * classes + (task.kind === "multiclass" ? label : 0)] ?? Number.NaN;
    if (task.kind === "regression" || task.kind === "anomaly") return (given - label) ** 2;
    const p = task.kind === "binary" && label === 0 ? 1 - given : given;
    return -Math.log(Math.max(floor, p));
  });
}
