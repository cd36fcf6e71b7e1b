import {
  contentHash,
  type DurationText,
  formatInstant,
  instant,
  type InstantInput,
  type Json,
  type Model,
  parseDuration,
  parseInstant,
  PawlError,
  selectRows,
  splitByTime,
  type Task,
  type Work,
} from "@pawl/core";
import type { DatasetFrame } from "@pawl/history";
import type { Dataset } from "@pawl/ledger";
import { findModel } from "./find-model.ts";
import type { Ports } from "./ports.ts";

/** Where a dataset is cut in time. */
export interface SplitRequest {
  /** Rows before this moment, whose label was known by then, train. Default: 75 % of the way. */
  readonly trainUntil?: InstantInput;
  /** Rows from trainUntil to here test. Default: the end. */
  readonly testUntil?: InstantInput;
  /** Time left out before the cut, so that windows of train and test do not touch. Default none. */
  readonly embargo?: DurationText;
}

/** Rows of one side of the cut. */
export interface Part {
  readonly frame: DatasetFrame["frame"];
  readonly target: Float64Array;
  /** asOf of each row, microseconds. */
  readonly times: Float64Array;
}

/** A frozen dataset, cut by time, as any estimator takes it. */
export interface TrainingData {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly task: Task;
  readonly split: { readonly trainUntil: string; readonly testUntil: string; readonly embargo: string };
  /** Names the cut: equal hashes on one dataset mean the same test rows. */
  readonly splitHash: string;
  readonly train: Part;
  readonly test: Part;
  /** Rows on neither side, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly excluded: DatasetFrame["excluded"];
}

/** Reads the newest (or the named) dataset of a model and cuts it. */
export async function readTrainingData(
  ports: Ports,
  request: {
    readonly model: string;
    readonly dataset?: { readonly name?: string; readonly version?: number };
    readonly split?: SplitRequest;
  },
  work: Work = {},
): Promise<TrainingData> {
  const model = findModel(ports.catalog, request.model);
  const name = request.dataset?.name ?? request.model;
  const version = request.dataset?.version;
  const dataset = await ports.ledger.datasets.get({ name, ...(version !== undefined && { version }) });
  const file = dataset?.files[0];
  if (!dataset || !file) {
    throw new PawlError(
      "not_found",
      `There is no dataset "${name}"${version === undefined ? "" : ` version ${version}`}.`,
      {
        next: `Freeze one first: pawl dataset ${request.model}`,
      },
    );
  }
  const read = await ports.history.readFrame(file.uri, {}, work);
  const task = taskOf(model, read.classes);
  const cut = boundaries(read.times, request.split ?? {});
  const rows = splitByTime({ asOf: read.times, labelKnown: read.labelKnown }, cut);
  for (const [side, count] of [
    ["train", rows.train.length],
    ["test", rows.test.length],
  ] as const) {
    if (count > 0) continue;
    throw new PawlError("insufficient_data", `The cut leaves no rows to ${side} on.`, {
      found: `${read.frame.rows} labelled rows, trained until ${formatInstant(instant(cut.trainUntil))}`,
      expected: "rows with a known label on both sides of the cut",
      next: "Choose another --train-until, or freeze a longer period.",
    });
  }
  const part = (positions: Int32Array): Part => ({
    frame: selectRows(read.frame, positions),
    target: Float64Array.from(positions, (row) => read.target[row] ?? Number.NaN),
    times: Float64Array.from(positions, (row) => read.times[row] ?? Number.NaN),
  });
  const split = {
    trainUntil: formatInstant(instant(cut.trainUntil)),
    testUntil: formatInstant(instant(cut.testUntil)),
    embargo: request.split?.embargo ?? "0s",
  };
  return {
    model,
    dataset,
    task,
    split,
    splitHash: contentHash(split as Json),
    train: part(rows.train),
    test: part(rows.test),
    dropped: { ...rows.dropped },
    excluded: read.excluded,
  };
}

function taskOf(model: Model, classes: readonly string[] | undefined): Task {
  if (model.task === "multiclass") return { kind: "multiclass", classes: classes ?? [] };
  return { kind: model.task };
}

function boundaries(
  times: Float64Array,
  split: SplitRequest,
): { trainUntil: number; testUntil: number; embargo: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  if (first > last) {
    throw new PawlError("insufficient_data", "The dataset has no labelled rows.", {
      next: "Freeze a period whose outcomes are known.",
    });
  }
  const testUntil = split.testUntil === undefined ? last + 1 : parseInstant(split.testUntil);
  const cut = split.trainUntil === undefined ? cutAt(times, 0.75) : parseInstant(split.trainUntil);
  const embargo = split.embargo === undefined ? 0 : parseDuration(split.embargo, { allowZero: true });
  return { trainUntil: cut, testUntil, embargo };
}

/** The moment before which this share of the rows lies. */
function cutAt(times: Float64Array, share: number): number {
  const sorted = times.toSorted();
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}
