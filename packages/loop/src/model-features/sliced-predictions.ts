import {
  type Estimator,
  type Frame,
  type Model,
  PawlError,
  selectRows,
  type Task,
  toPawlError,
  type TrainedModel,
  type Work,
} from "@pawl/core";
import type { DatasetFrame } from "@pawl/history";
import { sliceAt, slicesOf, type Slice } from "./slices.ts";

export interface SlicedPredictionsRequest {
  readonly model: Model;
  readonly task: Task;
  readonly estimator: Estimator;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** The model's own frozen dataset. */
  readonly learned: Pick<DatasetFrame, "frame" | "target" | "times" | "labelKnown">;
  /** The rows to be answered: the model's inputs, and the moment of each. */
  readonly asked: { readonly frame: Frame; readonly asOf: Float64Array };
  /** Length of a slice in microseconds. */
  readonly every: number;
  /** Fewer known labels than this, and a slice has no model. */
  readonly fewest?: number;
  /** Where trained slices are kept between runs, by the text that names all they depend on. */
  readonly cache?: SliceCache;
  readonly cacheKey?: (slice: Slice) => string;
}

export interface SliceCache {
  get(key: string): Promise<TrainedModel | undefined>;
  put(key: string, model: TrainedModel): Promise<void>;
}

export interface SlicedPredictions {
  /** One number a row; NaN where no model could have been trained before the row. */
  readonly predictions: Float64Array;
  readonly slices: readonly {
    readonly start: number;
    readonly trainedOn: number;
    readonly modelHash?: string;
  }[];
}

/**
 * A model's prediction as a feature of past rows: each row is answered by a version trained only on labels
 * that were known before the row's slice began. So no row is answered by a model that has seen its outcome,
 * or any outcome learned later.
 */
export async function slicedPredictions(
  request: SlicedPredictionsRequest,
  work: Work = {},
): Promise<SlicedPredictions> {
  const { learned, asked, every, fewest = 50 } = request;
  const predictions = new Float64Array(asked.asOf.length).fill(Number.NaN);
  const range = rangeOf(asked.asOf);
  if (!range) return { predictions, slices: [] };
  // Slices start at multiples of their length, so that every question about the past finds the same ones.
  const slices = slicesOf(Math.floor(range.first / every) * every, range.last, every);
  const rowsOf = slices.map((): number[] => []);
  for (const [row, moment] of asked.asOf.entries()) rowsOf[sliceAt(slices, moment)]?.push(row);
  const reported: { start: number; trainedOn: number; modelHash?: string }[] = [];
  for (const [s, slice] of slices.entries()) {
    work.signal?.throwIfAborted();
    const rows = rowsOf[s] ?? [];
    const known = knownBefore(learned, slice.start);
    work.onProgress?.({ stage: `${request.model.name} as it was`, done: s, total: slices.length });
    const model =
      rows.length === 0 || known.length < fewest ? undefined : await sliceModel(request, slice, known, work);
    reported.push({ start: slice.start, trainedOn: known.length, ...(model && { modelHash: model.hash() }) });
    if (!model) continue;
    const answers = model.predict(selectRows(asked.frame, rows));
    for (const [i, row] of rows.entries()) predictions[row] = answers[i] ?? Number.NaN;
  }
  return { predictions, slices: reported };
}

async function sliceModel(
  request: SlicedPredictionsRequest,
  slice: Slice,
  rows: Int32Array,
  work: Work,
): Promise<TrainedModel | undefined> {
  const { learned, estimator, params, seed, task, cache } = request;
  const key = request.cacheKey?.(slice);
  const kept = key === undefined ? undefined : await cache?.get(key);
  if (kept) return kept;
  try {
    const model = await estimator.train(
      {
        frame: selectRows(learned.frame, rows),
        target: Float64Array.from(rows, (row) => learned.target[row] ?? Number.NaN),
        times: Float64Array.from(rows, (row) => learned.times[row] ?? Number.NaN),
        task,
        seed,
      },
      params,
      work.signal ? { signal: work.signal } : {},
    );
    if (key !== undefined) await cache?.put(key, model);
    return model;
  } catch (thrown) {
    // Early on there may be one class only: then nothing could have been learned, and the feature is null.
    const error = toPawlError(thrown);
    if (error.code === "insufficient_data") return undefined;
    throw error;
  }
}

/** Rows whose label was known before a moment. Strict, as everywhere: known < moment. */
function knownBefore(learned: SlicedPredictionsRequest["learned"], moment: number): Int32Array {
  const rows: number[] = [];
  for (const [row, known] of learned.labelKnown.entries()) {
    const labelled = !Number.isNaN(learned.target[row] ?? Number.NaN);
    if (known < moment && labelled && (learned.times[row] ?? Number.NaN) < moment) rows.push(row);
  }
  return Int32Array.from(rows);
}

function rangeOf(times: Float64Array): { first: number; last: number } | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  return first <= last ? { first, last } : undefined;
}

/** The column types a model's inputs need; refuses what a spine does not have. */
export function requireColumns(
  host: string,
  inner: Model,
  columns: ReadonlySet<string>,
  needed: Iterable<string>,
): void {
  for (const name of needed) {
    if (columns.has(name)) continue;
    throw new PawlError("invalid_definition", `"${inner.name}" cannot be a feature of "${host}".`, {
      found: `a spine without "${name}"`,
      expected: `the columns that the view of "${inner.name}" reads`,
      next: `Add "${name}" to the spine of "${host}", or leave it out of the view of "${inner.name}".`,
    });
  }
}
