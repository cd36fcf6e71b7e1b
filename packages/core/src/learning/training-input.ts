import { PawlError } from "../errors.ts";
import { checkFrame, type Frame } from "./frame.ts";
import { sameTask, type Task } from "./task.ts";
import type { TrainedModel } from "./trained-model.ts";

/** Everything an estimator learns from. Arrays run along the frame's rows. */
export interface TrainingInput {
  readonly frame: Frame;
  /** 0/1 (binary), class index (multiclass) or value (regression). Empty for anomaly tasks. */
  readonly target: Float64Array;
  readonly task: Task;
  /** How much each row counts; finite, at least 0, with a positive sum. Absent: 1 each. */
  readonly weights?: Float64Array;
  /** Each row's asOf in microseconds. Early stopping holds out the latest slice of it. */
  readonly times?: Float64Array;
  /** A model to continue from: same estimator, task and columns. */
  readonly init?: TrainedModel;
  /** Every random choice comes from this whole number, 0 to 2³²−1. */
  readonly seed: number;
}

const refuse = (message: string, found: string, expected: string, next?: string): never => {
  throw new PawlError("invalid_input", message, {
    found,
    expected,
    ...(next !== undefined && { next }),
  });
};

/**
 * Refuses what no estimator can learn from. `invalid_input` for contradictions (lengths, weights,
 * label values, a partly missing label), `insufficient_data` for an empty frame, no label at all or
 * one class only. Columns may be constant or wholly missing.
 */
export function checkTrainingInput(input: TrainingInput): void {
  const { frame, target, task, weights, times, seed } = input;
  checkFrame(frame);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    refuse("The seed is not usable.", String(seed), "a whole number from 0 to 4294967295");
  }
  if (frame.rows === 0) {
    throw new PawlError("insufficient_data", "There are no rows to learn from.", {
      found: "0 rows",
      expected: "at least 1 row",
      next: "Widen the period or check the spine's filter.",
    });
  }
  if (frame.columns.length === 0) {
    throw new PawlError("insufficient_data", "There are no columns to learn from.", {
      found: "0 columns",
      expected: "at least 1 feature",
    });
  }
  if (weights !== undefined) checkWeights(weights, frame.rows);
  if (times !== undefined) {
    if (times.length !== frame.rows) {
      refuse("The times have the wrong length.", `${times.length}`, `${frame.rows}, one a row`);
    }
    const bad = times.findIndex((time) => !Number.isFinite(time));
    if (bad >= 0) refuse("A time is not a number.", `${times[bad]} in row ${bad}`, "microseconds");
  }
  if (task.kind !== "anomaly") checkTarget(target, task, frame.rows);
  if (input.init !== undefined) checkInit(input, input.init);
}

function checkWeights(weights: Float64Array, rows: number): void {
  if (weights.length !== rows) {
    refuse("The weights have the wrong length.", `${weights.length}`, `${rows}, one a row`);
  }
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0) {
    refuse("A weight is not usable.", `${weights[bad]} in row ${bad}`, "a finite number of at least 0");
  }
  let sum = 0;
  for (const weight of weights) sum += weight;
  if (!(sum > 0 && sum < Infinity)) {
    refuse("The weights add up to nothing usable.", `a sum of ${sum}`, "a positive, finite sum");
  }
}

function checkTarget(target: Float64Array, task: Task, rows: number): void {
  if (target.length !== rows) {
    refuse("The label has the wrong length.", `${target.length} labels`, `${rows}, one a row`);
  }
  let missing = 0;
  for (const value of target) if (Number.isNaN(value)) missing++;
  if (missing === rows) {
    throw new PawlError("insufficient_data", "No row has a label.", {
      found: `${rows} rows, all without a label`,
      expected: "a label in every row",
      next: "Check the label's definition, or wait until outcomes are known.",
    });
  }
  if (missing > 0) {
    refuse(
      "Some rows have no label.",
      `${missing} of ${rows} rows`,
      "a label in every row",
      "Drop those rows, or take a spine whose outcomes are known.",
    );
  }
  if (task.kind === "regression") {
    const bad = target.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) refuse("A label is not finite.", `${target[bad]} in row ${bad}`, "a finite number");
    return;
  }
  const classes = task.kind === "multiclass" ? task.classes.length : 2;
  if (task.kind === "multiclass" && (classes < 2 || new Set(task.classes).size !== classes)) {
    refuse("The class list is not usable.", JSON.stringify(task.classes), "at least 2 different names");
  }
  const bad = target.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value < classes));
  if (bad >= 0) {
    refuse("A label is outside the classes.", `${target[bad]} in row ${bad}`, `0 to ${classes - 1}`);
  }
  const first = target[0];
  if (target.every((value) => value === first)) {
    throw new PawlError("insufficient_data", "Every row has the same label.", {
      found: `only class ${first}`,
      expected: "at least two classes",
      next: "Widen the period, or check the label's definition.",
    });
  }
}

function checkInit(input: TrainingInput, init: TrainedModel): void {
  if (!sameTask(input.task, init.task)) {
    refuse(
      "The model to continue from predicts something else.",
      JSON.stringify(init.task),
      JSON.stringify(input.task),
      "Train afresh when the label or its classes changed.",
    );
  }
  const was = init.columns.map((column) => `${column.name} (${column.kind})`);
  const is = input.frame.columns.map((column) => `${column.name} (${column.kind})`);
  if (was.length !== is.length || was.some((name, i) => name !== is[i])) {
    refuse(
      "The model to continue from was trained on other columns.",
      is.join(", "),
      was.join(", "),
      "Train afresh when the features changed.",
    );
  }
}
