import {
  PawlError,
  type ModelColumn,
  type ModelDocument,
  type ParamSpecs,
  type Progress,
  type TrainingInput,
} from "@pawl/core";
import { linkOf } from "../model/link.ts";
import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { termCount, type ColumnEncoding } from "./column-encoding.ts";
import { contributionStatistics, designOf, type Design } from "./design.ts";
import { FtrlLearner, ftrlReserved, type FtrlState } from "./ftrl-learner.ts";
import { hashText } from "./hashed-row.ts";
import { LinearModel } from "./linear-model.ts";
import { standardEncodings } from "./standard-encodings.ts";

export interface FtrlTrainingParams {
  readonly alpha: number;
  readonly beta: number;
  readonly l1: number;
  readonly l2: number;
  readonly passes: number;
  readonly hashBits: number;
  readonly base: string;
}

const params: ParamSpecs<FtrlTrainingParams> = {
  alpha: { type: "number", about: "Learning rate.", default: 0.1, min: 1e-6, max: 100 },
  beta: {
    type: "number",
    about: "Tames the first steps of each coordinate.",
    default: 1,
    min: 1e-6,
    max: 1e6,
  },
  l1: {
    type: "number",
    about: "L1 penalty: leaves coefficients at exactly 0.",
    default: 0,
    min: 0,
    max: 1e12,
  },
  l2: { type: "number", about: "L2 penalty.", default: 0, min: 0, max: 1e12 },
  passes: { type: "integer", about: "Passes over the rows.", default: 3, min: 1, max: 10_000 },
  hashBits: {
    type: "integer",
    about: "Hash all terms into 2^bits coefficients; 0 gives each its own.",
    default: 0,
    min: 0,
    max: 26,
  },
  base: {
    type: "text",
    about: "A column with another model's margin: its coefficient starts at 1, without penalty.",
    default: "",
  },
};

/** Rows between two progress reports. */
const reportEvery = 20_000;

/** Rows oldest first when times are known: the latest rows have the last word. */
function rowOrder({ frame, times }: TrainingInput): Int32Array {
  const order = Int32Array.from({ length: frame.rows }, (_, row) => row);
  if (times === undefined) return order;
  return order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
}

interface Start {
  readonly columns: readonly ModelColumn[];
  readonly encodings: readonly ColumnEncoding[];
  /** [center, scale] of the label in regression. */
  readonly label: Float64Array;
  readonly state: FtrlState | undefined;
}

function startOf(input: TrainingInput, base: string): Start {
  const { init, frame, weights, task, target } = input;
  if (init === undefined) {
    const { columns, encodings } = standardEncodings(frame, weights);
    const own = encodings.map(
      (encoding, c): ColumnEncoding =>
        base !== "" && columns[c]?.name === base ? { kind: "numeric", center: 0, scale: 1 } : encoding,
    );
    return {
      columns,
      encodings: own,
      label: labelScale(target, task.kind === "regression"),
      state: undefined,
    };
  }
  const { z, n, label } = init instanceof LinearModel ? init.parts.state : {};
  const states = z instanceof Float64Array && n instanceof Float64Array && label instanceof Float64Array;
  if (!(init instanceof LinearModel) || !states) {
    throw new PawlError("invalid_input", "FTRL cannot continue this model.", {
      found: `a model of the estimator ${init.estimator}`,
      expected: "a model of the estimator ftrl",
    });
  }
  return { columns: init.columns, encodings: init.parts.encodings, label, state: { z, n } };
}

function labelScale(target: Float64Array, scaled: boolean): Float64Array {
  if (!scaled) return Float64Array.of(0, 1);
  let mean = 0;
  for (const y of target) mean += y / target.length;
  let variance = 0;
  for (const y of target) variance += (y - mean) ** 2 / target.length;
  return Float64Array.of(mean, variance > 0 ? Math.sqrt(variance) : 1);
}

/** The coordinate of every term: its own, hashed, or the base column's reserved one. */
function coordinates(start: Start, { hashBits, base }: FtrlTrainingParams): Int32Array {
  const own: number[] = [];
  for (const [c, encoding] of start.encodings.entries()) {
    const column = start.columns[c];
    for (let t = 0; t < termCount(encoding); t++) {
      if (base !== "" && column?.name === base && t === 0) {
        own.push(1);
        continue;
      }
      const level = column?.kind === "categorical" ? (column.categories[t] ?? null) : t === 0 ? "" : null;
      const text = `${column?.name ?? ""}${level === null ? " is missing" : `=${level}`}`;
      const slot = hashBits === 0 ? own.length : hashText(text) % 2 ** hashBits;
      own.push(slot + ftrlReserved);
    }
  }
  return Int32Array.from(own);
}

/** Writes row `row` of the design as slots and values. */
function fillRow(design: Design, row: number, at: Int32Array, slots: number[], values: number[]): number {
  let base = 0;
  slots.length = 0;
  values.length = 0;
  for (const block of design.blocks) {
    const missing = block.kind === "dense" && block.missing[row] === 1;
    const term = block.kind === "oneHot" ? (block.term[row] as number) : block.start + (missing ? 1 : 0);
    const value = block.kind === "oneHot" || missing ? 1 : (block.values[row] as number);
    const coordinate = at[term] as number;
    if (coordinate < ftrlReserved) base = value;
    else if (value !== 0) {
      slots.push(coordinate - ftrlReserved);
      values.push(value);
    }
  }
  return base;
}

function fitFtrl(
  input: TrainingInput,
  given: FtrlTrainingParams,
  report: (progress: Progress) => void,
): ModelDocument {
  const { frame, task, target, weights, seed } = input;
  const { alpha, beta, l1, l2, passes, hashBits, base } = given;
  const start = startOf(input, base);
  const baseColumn = start.columns.find(({ name }) => name === base);
  if (base !== "" && baseColumn?.kind !== "numeric") {
    throw new PawlError("invalid_input", "The base margin must be a numeric column.", {
      found: base,
      expected: "a numeric column of the frame",
    });
  }
  const at = coordinates(start, given);
  const slots = hashBits === 0 ? at.length : 2 ** hashBits;
  const loss = task.kind === "binary" ? "logistic" : "squared";
  const options = { loss, slots, alpha, beta, l1, l2, base: base !== "" } as const;
  const learner = new FtrlLearner(options, start.state);
  const design = designOf(frame, start.columns, start.encodings);
  const order = rowOrder(input);
  const [center = 0, scale = 1] = start.label;
  const row = { slots: [] as number[], values: [] as number[], base: 0 };
  for (let pass = 0; pass < passes; pass++) {
    for (let i = 0; i < order.length; i++) {
      const r = order[i] as number;
      row.base = fillRow(design, r, at, row.slots, row.values);
      learner.learn(row, ((target[r] as number) - center) / scale, weights?.[r] ?? 1);
      if (i % reportEvery === 0) {
        report({ stage: "learning rows", done: pass * order.length + i, total: passes * order.length });
      }
    }
  }
  report({ stage: "learning rows", done: passes * order.length, total: passes * order.length });
  const coefficients = Float64Array.from(at, (coordinate) => learner.weight(coordinate) * scale);
  const { mean, spread } = contributionStatistics(design, start.encodings, coefficients, 1, weights);
  const fields = {
    estimator: "ftrl",
    task,
    columns: start.columns,
    link: linkOf(task),
    training: { params: { ...given }, seed, rows: frame.rows, continuedFrom: input.init?.hash() ?? null },
  };
  const bias = Float64Array.of(learner.weight(0) * scale + center);
  const state = { ...learner.state(), label: start.label };
  return new LinearModel(fields, {
    encodings: start.encodings,
    bias,
    coefficients,
    mean,
    spread,
    state,
  }).document();
}

export const ftrlDefinition: TrainingDefinition<FtrlTrainingParams> = {
  name: "ftrl",
  about: "Linear or logistic regression learnt row by row, hashed if wanted: quick, and easy to continue.",
  tasks: ["binary", "regression"],
  params,
  traits: { warmStart: true, weights: true, rowOrderFree: false, monotone: false, onnx: true },
  heavy: true,
  fit: fitFtrl,
};

export const ftrl = defineEstimator(ftrlDefinition);
