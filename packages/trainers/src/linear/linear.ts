import {
  outputsOf,
  type ModelDocument,
  type ParamSpecs,
  type Progress,
  type Task,
  type TrainingInput,
} from "@pawl/core";
import { linkOf } from "../model/link.ts";
import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { addGradient, addMargins, contributionStatistics, designOf } from "./design.ts";
import { minimise } from "./lbfgs.ts";
import { LinearModel } from "./linear-model.ts";
import { standardEncodings } from "./standard-encodings.ts";

export interface LinearTrainingParams {
  readonly l2: number;
  readonly maxPasses: number;
  readonly tolerance: number;
}

const params: ParamSpecs<LinearTrainingParams> = {
  l2: {
    type: "number",
    about: "L2 penalty: Σ loss + l2/2 · Σ coefficient², on standardised columns (and label, in regression).",
    default: 1,
    min: 0,
    max: 1e12,
  },
  maxPasses: { type: "integer", about: "Passes over the rows at most.", default: 300, min: 1, max: 100_000 },
  tolerance: {
    type: "number",
    about: "Done when no entry of the mean gradient is larger.",
    default: 1e-7,
    min: 1e-12,
    max: 1,
  },
};

/** Fills mean-loss residuals (dLoss/dMargin, row-weighted) and gives the loss. */
type Loss = (margins: Float64Array, residual: Float64Array) => number;

function lossOf(task: Task, target: Float64Array, weights: Float64Array | undefined, total: number): Loss {
  const outputs = outputsOf(task);
  const share = (row: number): number => (weights?.[row] ?? 1) / total;
  if (task.kind === "regression") {
    return (margins, residual) => {
      let loss = 0;
      for (let row = 0; row < target.length; row++) {
        const error = (margins[row] as number) - (target[row] as number);
        loss += (share(row) * error * error) / 2;
        residual[row] = share(row) * error;
      }
      return loss;
    };
  }
  if (task.kind === "binary") {
    return (margins, residual) => {
      let loss = 0;
      for (let row = 0; row < target.length; row++) {
        const m = margins[row] as number;
        const y = target[row] as number;
        loss += share(row) * (Math.max(m, 0) + Math.log1p(Math.exp(-Math.abs(m))) - y * m);
        residual[row] = share(row) * (1 / (1 + Math.exp(-m)) - y);
      }
      return loss;
    };
  }
  return (margins, residual) => {
    let loss = 0;
    for (let row = 0; row < target.length; row++) {
      const at = row * outputs;
      const own = margins.subarray(at, at + outputs);
      const top = own.reduce((most, m) => Math.max(most, m), -Infinity);
      const sum = own.reduce((all, m) => all + Math.exp(m - top), 0);
      const label = target[row] as number;
      loss += share(row) * (top + Math.log(sum) - (own[label] as number));
      for (let o = 0; o < outputs; o++) {
        residual[at + o] = share(row) * (Math.exp((own[o] as number) - top) / sum - (o === label ? 1 : 0));
      }
    }
    return loss;
  };
}

/** Penalised least squares, logistic or softmax regression on all rows at once. */
function fitLinear(
  input: TrainingInput,
  { l2, maxPasses, tolerance }: LinearTrainingParams,
  report: (progress: Progress) => void,
): ModelDocument {
  const { frame, task, weights, seed } = input;
  const outputs = outputsOf(task);
  const { columns, encodings } = standardEncodings(frame, weights);
  const design = designOf(frame, columns, encodings);
  let total = 0;
  for (let row = 0; row < frame.rows; row++) total += weights?.[row] ?? 1;
  const { target, center, scale } = standardTarget(input, total);
  const loss = lossOf(task, target, weights, total);
  const margins = new Float64Array(frame.rows * outputs);
  const residual = new Float64Array(frame.rows * outputs);
  const size = design.terms * outputs;
  // The point: coefficients, then one bias per output, which is not penalised.
  const point = new Float64Array(size + outputs);
  minimise(
    (at, gradient) => {
      for (let i = 0; i < margins.length; i++) margins[i] = at[size + (i % outputs)] as number;
      addMargins(design, at, outputs, margins);
      let value = loss(margins, residual);
      gradient.fill(0);
      addGradient(design, residual, outputs, gradient);
      for (let i = 0; i < residual.length; i++) {
        const to = size + (i % outputs);
        gradient[to] = (gradient[to] as number) + (residual[i] as number);
      }
      for (let i = 0; i < size; i++) {
        const coefficient = at[i] as number;
        value += ((l2 / total) * coefficient * coefficient) / 2;
        gradient[i] = (gradient[i] as number) + (l2 / total) * coefficient;
      }
      return value;
    },
    point,
    { maxSteps: maxPasses, tolerance, onStep: (done) => report({ stage: "pass", done, total: maxPasses }) },
  );
  const coefficients = point.slice(0, size).map((coefficient) => coefficient * scale);
  const bias = point.slice(size).map((one) => one * scale + center);
  const { mean, spread } = contributionStatistics(design, encodings, coefficients, outputs, weights);
  const fields = {
    estimator: "linear",
    task,
    columns,
    link: linkOf(task),
    training: { params: { l2, maxPasses, tolerance }, seed, rows: frame.rows },
  };
  return new LinearModel(fields, { encodings, bias, coefficients, mean, spread, state: {} }).document();
}

/** In regression the label is centred and scaled, so that tolerance and penalty mean the same anywhere. */
function standardTarget({ task, target, weights }: TrainingInput, total: number) {
  if (task.kind !== "regression") return { target, center: 0, scale: 1 };
  let center = 0;
  for (const [row, y] of target.entries()) center += ((weights?.[row] ?? 1) * y) / total;
  let variance = 0;
  for (const [row, y] of target.entries()) variance += ((weights?.[row] ?? 1) * (y - center) ** 2) / total;
  const scale = variance > 0 ? Math.sqrt(variance) : 1;
  return { target: target.map((y) => (y - center) / scale), center, scale };
}

export const linearDefinition: TrainingDefinition<LinearTrainingParams> = {
  name: "linear",
  about: "Linear, logistic or softmax regression with an L2 penalty: quick, smooth and easy to read.",
  tasks: ["binary", "multiclass", "regression"],
  params,
  traits: { warmStart: false, weights: true, rowOrderFree: false, monotone: false, onnx: true },
  heavy: true,
  fit: fitLinear,
};

export const linear = defineEstimator(linearDefinition);
