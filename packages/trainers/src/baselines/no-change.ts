import {
  PawlError,
  type FrameColumn,
  type ModelDocument,
  type ParamSpecs,
  type TrainingInput,
} from "@pawl/core";
import type { ColumnEncoding } from "../linear/column-encoding.ts";
import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { baselineColumn } from "./baseline-column.ts";
import { lookupModel, marginsOf, meanLabel } from "./lookup-model.ts";

export interface NoChangeParams {
  readonly column: string;
}

const params: ParamSpecs<NoChangeParams> = {
  column: {
    type: "text",
    about: "The entity's last known label: a lag of the label, as of the row's moment.",
    default: "",
  },
};

/** The label each row's cell names: class index or value, `NaN` when missing or no class. */
function lastLabels(column: FrameColumn, { task, frame }: TrainingInput): Float64Array {
  if (column.kind === "numeric") return column.values;
  const classes = task.kind === "multiclass" ? task.classes : ["0", "1"];
  const aliases = new Map(classes.map((name, index) => [name, index]));
  if (task.kind === "binary") aliases.set("false", 0).set("true", 1);
  const labels = column.categories.map((category) => aliases.get(category) ?? Number.NaN);
  return Float64Array.from({ length: frame.rows }, (_, row) => labels[column.codes[row] ?? -1] ?? Number.NaN);
}

/**
 * Predicts the last known label. For classes the probability of the last class is how often the label
 * stayed in training, and never below even odds, so the most probable class is always the last one.
 * Without a last label: the overall share or mean.
 */
function fitNoChange(input: TrainingInput, { column: name }: NoChangeParams): ModelDocument {
  const { task, target, weights } = input;
  const column = baselineColumn(input, "no-change", name);
  const unknown = marginsOf(task, meanLabel(input));
  if (task.kind === "regression") {
    if (column.kind !== "numeric") {
      throw new PawlError("invalid_input", "The last known label of a regression must be a number.", {
        found: `the categorical column "${name}"`,
      });
    }
    const encoding = { kind: "numeric", center: 0, scale: 1 } as const;
    return lookupModel(input, "no-change", { column: name }, [0], {
      column: name,
      encoding,
      terms: [[1], unknown],
    });
  }
  const last = lastLabels(column, input);
  const classes = task.kind === "multiclass" ? task.classes.length : 2;
  // One row of each kind beforehand (Laplace), so that no share is 0 or 1.
  let stayed = 1;
  let known = 2;
  for (const [row, y] of target.entries()) {
    if (Number.isNaN(last[row] ?? Number.NaN)) continue;
    known += weights?.[row] ?? 1;
    if (last[row] === y) stayed += weights?.[row] ?? 1;
  }
  const stay = Math.max(stayed / known, 0.5 + 1e-6);
  const after = (label: number): number[] => {
    if (task.kind === "binary") return marginsOf(task, [label === 1 ? stay : 1 - stay]);
    const shares = Array.from({ length: classes }, (_, c) =>
      c === label ? stay : (1 - stay) / (classes - 1),
    );
    return marginsOf(task, shares);
  };
  const { encoding, labels } = termLabels(column, input, classes);
  const terms = [...labels.map((label) => (Number.isNaN(label) ? unknown : after(label))), unknown];
  return lookupModel(
    input,
    "no-change",
    { column: name },
    unknown.map(() => 0),
    { column: name, encoding, terms },
  );
}

/** One term per class (numbers) or per category seen (names), and the label each stands for. */
function termLabels(column: FrameColumn, input: TrainingInput, classes: number) {
  if (column.kind === "numeric") {
    const labels = Array.from({ length: classes }, (_, label) => label);
    const encoding: ColumnEncoding = { kind: "levels", levels: labels };
    return { encoding, labels };
  }
  const last = lastLabels(column, input);
  const labels = column.categories.flatMap((_, code) => {
    const row = column.codes.indexOf(code);
    return row < 0 ? [] : [last[row] ?? Number.NaN];
  });
  const encoding: ColumnEncoding = { kind: "codes", count: labels.length };
  return { encoding, labels };
}

export const noChangeDefinition: TrainingDefinition<NoChangeParams> = {
  name: "no-change",
  about: "Tomorrow is like today: the entity's last known label. Hard to beat where things persist.",
  tasks: ["binary", "multiclass", "regression"],
  params,
  traits: { warmStart: false, weights: true, rowOrderFree: false, monotone: false, onnx: true },
  heavy: false,
  fit: (input, given, report) => {
    report({ stage: "comparing labels", done: 0, total: 1 });
    const document = fitNoChange(input, given);
    report({ stage: "comparing labels", done: 1, total: 1 });
    return document;
  },
};

export const noChange = defineEstimator(noChangeDefinition);
