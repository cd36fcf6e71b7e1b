import {
  PawlError,
  outputsOf,
  type FrameColumn,
  type ModelDocument,
  type ParamSpecs,
  type TrainingInput,
} from "@pawl/core";
import { levelOf, termCount, type ColumnEncoding } from "../linear/column-encoding.ts";
import { columnReaders, readCell } from "../model/model-rows.ts";
import { standardEncodings } from "../linear/standard-encodings.ts";
import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { baselineColumn } from "./baseline-column.ts";
import { lookupModel, marginsOf, meanLabel } from "./lookup-model.ts";

export interface SeasonalParams {
  readonly column: string;
  readonly season: string;
  readonly smoothing: number;
}

const params: ParamSpecs<SeasonalParams> = {
  column: {
    type: "text",
    about: "The column with the moment (microseconds since 1970, UTC), or with the season itself.",
    default: "",
  },
  season: {
    type: "choice",
    about: "How the column is cut into seasons, in UTC; `value` takes each of its values as a season.",
    default: "hour-of-week",
    choices: ["hour-of-day", "day-of-week", "hour-of-week", "value"],
  },
  smoothing: {
    type: "number",
    about: "Rows' worth of the overall mean mixed into each season.",
    default: 1,
    min: 0,
    max: 1e9,
  },
};

const hour = 3_600_000_000;
const day = 24 * hour;
/** 1 January 1970 was a Thursday; with this the week begins on Monday at 00:00. */
const toMonday = 3 * day;
/** Numbers taken as seasons at most. */
const mostLevels = 4096;

function encodingOf(column: FrameColumn, season: string, count: number): ColumnEncoding {
  if (season !== "value") {
    if (column.kind !== "numeric") {
      throw new PawlError("invalid_input", `The season ${season} needs a column of moments.`, {
        found: `the categorical column "${column.name}"`,
        expected: 'a numeric column of microseconds, or season "value"',
      });
    }
    if (season === "hour-of-day") return { kind: "clock", unit: hour, offset: 0, buckets: 24 };
    if (season === "day-of-week") return { kind: "clock", unit: day, offset: toMonday, buckets: 7 };
    return { kind: "clock", unit: hour, offset: toMonday, buckets: 168 };
  }
  if (column.kind === "categorical") return { kind: "codes", count };
  const distinct = new Set(
    Array.from(
      column.values.filter((x) => Number.isFinite(x)),
      Math.fround,
    ),
  );
  if (distinct.size > mostLevels) {
    throw new PawlError("invalid_input", "The column has too many values to be seasons.", {
      found: `${distinct.size} values in "${column.name}"`,
      expected: `at most ${mostLevels}`,
      next: "Choose a calendar season, or a column with fewer values.",
    });
  }
  return { kind: "levels", levels: [...distinct].toSorted((a, b) => a - b) };
}

/** The mean label of each season, shrunk towards the overall mean. */
function fitSeasonal(input: TrainingInput, given: SeasonalParams): ModelDocument {
  const { frame, task, target, weights } = input;
  const found = baselineColumn(input, "seasonal", given.column);
  const { columns } = standardEncodings(frame, weights);
  const known = columns.filter(({ name }) => name === given.column);
  const categories = known[0]?.kind === "categorical" ? known[0].categories.length : 0;
  const encoding = encodingOf(found, given.season, categories);
  const overall = meanLabel(input);
  const outputs = outputsOf(task);
  const sums = Array.from({ length: termCount(encoding) }, () =>
    overall.map((mean) => mean * given.smoothing),
  );
  const totals = sums.map(() => given.smoothing);
  const [reader] = columnReaders(known, frame);
  for (const [row, y] of target.entries()) {
    const level = levelOf(encoding, reader === undefined ? Number.NaN : readCell(reader, row));
    const weight = weights?.[row] ?? 1;
    const sum = sums[level];
    if (sum === undefined) continue;
    totals[level] = (totals[level] ?? 0) + weight;
    const output = task.kind === "multiclass" ? y : 0;
    sum[output] = (sum[output] ?? 0) + weight * (outputs > 1 ? 1 : y);
  }
  const terms = sums.map((sum, level) => {
    const total = totals[level] ?? 0;
    return marginsOf(task, total > 0 ? sum.map((one) => one / total) : overall);
  });
  const nothing = overall.map(() => 0);
  return lookupModel(input, "seasonal", given, nothing, { column: given.column, encoding, terms });
}

export const seasonalDefinition: TrainingDefinition<SeasonalParams> = {
  name: "seasonal",
  about: "The usual for this hour of the week (or another season): the mean label of each season.",
  tasks: ["binary", "multiclass", "regression"],
  params,
  traits: {
    warmStart: false,
    weights: true,
    rowOrderFree: false,
    monotone: false,
    onnx: "a date does not fit into ONNX's float32 features; the season by value does",
  },
  heavy: false,
  fit: (input, given, report) => {
    report({ stage: "averaging seasons", done: 0, total: 1 });
    const document = fitSeasonal(input, given);
    report({ stage: "averaging seasons", done: 1, total: 1 });
    return document;
  },
};

export const seasonal = defineEstimator(seasonalDefinition);
