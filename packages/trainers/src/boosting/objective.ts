import { outputsOf, type Task } from "@pawl/core";

/** First and second derivatives of the loss at the current margins, one column per output. */
export interface Derivatives {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** A loss over margins laid out output by output: `margins[output · rows + row]`. */
export interface Objective {
  readonly outputs: number;
  /** The constant margins that fit best. */
  base(rows: Int32Array): Float64Array;
  /** Fills the derivatives of all outputs for the given rows. */
  derive(margins: Float64Array, rows: Int32Array, into: Derivatives): void;
  /** Mean loss over rows: log loss in nats, or squared error. */
  loss(margins: Float64Array, rows: Int32Array): number;
}

const weightOf = (weights: Float64Array | undefined, row: number): number =>
  weights === undefined ? 1 : (weights[row] as number);

/** The objective of a task. `target` and `weights` run along all rows of the frame. */
export function objectiveOf(task: Task, target: Float64Array, weights: Float64Array | undefined): Objective {
  if (task.kind === "binary") return logistic(target, weights);
  if (task.kind === "multiclass") return multinomial(target, weights, outputsOf(task));
  return squared(target, weights);
}

function squared(target: Float64Array, weights: Float64Array | undefined): Objective {
  return {
    outputs: 1,
    base: (rows) => Float64Array.of(weightedMean(target, weights, rows)),
    derive: (margins, rows, { gradient, hessian }) => {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        const weight = weightOf(weights, row);
        gradient[row] = weight * ((margins[row] as number) - (target[row] as number));
        hessian[row] = weight;
      }
    },
    loss: (margins, rows) => {
      let sum = 0;
      let total = 0;
      for (const row of rows) {
        const weight = weightOf(weights, row);
        sum += weight * ((margins[row] as number) - (target[row] as number)) ** 2;
        total += weight;
      }
      return sum / total;
    },
  };
}

function weightedMean(target: Float64Array, weights: Float64Array | undefined, rows: Int32Array): number {
  let sum = 0;
  let total = 0;
  for (const row of rows) {
    const weight = weightOf(weights, row);
    sum += weight * (target[row] as number);
    total += weight;
  }
  return sum / total;
}

/** Loss ln(1 + e^m) − y·m; g = p − y, h = p(1 − p). */
function logistic(target: Float64Array, weights: Float64Array | undefined): Objective {
  return {
    outputs: 1,
    base: (rows) => {
      const p = Math.min(Math.max(weightedMean(target, weights, rows), 1e-12), 1 - 1e-12);
      return Float64Array.of(Math.log(p / (1 - p)));
    },
    derive: (margins, rows, { gradient, hessian }) => {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        const p = 1 / (1 + Math.exp(-(margins[row] as number)));
        const weight = weightOf(weights, row);
        gradient[row] = weight * (p - (target[row] as number));
        hessian[row] = weight * p * (1 - p);
      }
    },
    loss: (margins, rows) => {
      let sum = 0;
      let total = 0;
      for (const row of rows) {
        const margin = margins[row] as number;
        const weight = weightOf(weights, row);
        const softplus = Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
        sum += weight * (softplus - (target[row] as number) * margin);
        total += weight;
      }
      return sum / total;
    },
  };
}

/**
 * Softmax cross-entropy with the diagonal second derivative; h = K/(K − 1) · p(1 − p), the factor of
 * Friedman (2001) that makes up for one redundant output.
 */
function multinomial(target: Float64Array, weights: Float64Array | undefined, outputs: number): Objective {
  const rowsOf = target.length;
  const factor = outputs / (outputs - 1);
  const p = new Float64Array(outputs);
  const softmax = (margins: Float64Array, row: number): number => {
    let top = -Infinity;
    for (let o = 0; o < outputs; o++) top = Math.max(top, margins[o * rowsOf + row] as number);
    let sum = 0;
    for (let o = 0; o < outputs; o++) {
      p[o] = Math.exp((margins[o * rowsOf + row] as number) - top);
      sum += p[o] as number;
    }
    for (let o = 0; o < outputs; o++) p[o] = (p[o] as number) / sum;
    return top + Math.log(sum);
  };
  return {
    outputs,
    base: (rows) => {
      const counts = new Float64Array(outputs);
      let total = 0;
      for (const row of rows) {
        const label = target[row] as number;
        counts[label] = (counts[label] as number) + weightOf(weights, row);
        total += weightOf(weights, row);
      }
      return counts.map((count) => Math.log(Math.max(count / total, 1e-12)));
    },
    derive: (margins, rows, { gradient, hessian }) => {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        softmax(margins, row);
        const weight = weightOf(weights, row);
        const label = target[row] as number;
        for (let o = 0; o < outputs; o++) {
          const q = p[o] as number;
          gradient[o * rowsOf + row] = weight * (q - (label === o ? 1 : 0));
          hessian[o * rowsOf + row] = weight * factor * q * (1 - q);
        }
      }
    },
    loss: (margins, rows) => {
      let sum = 0;
      let total = 0;
      for (const row of rows) {
        const weight = weightOf(weights, row);
        const whole = softmax(margins, row);
        sum += weight * (whole - (margins[(target[row] as number) * rowsOf + row] as number));
        total += weight;
      }
      return sum / total;
    },
  };
}
