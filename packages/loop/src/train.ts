import {
  type Estimator,
  PawlError,
  permutationImportance,
  type PermutationImportance,
  primaryLoss,
  type Scorecard,
  scorecard,
  selectRows,
  seededRandom,
  permutation,
  toPawlError,
  type TrainedModel,
  type Work,
} from "@pawl/core";
import type { JsonObject, ModelVersion, Run } from "@pawl/ledger";
import { definitionHash } from "./find-model.ts";
import type { Ports } from "./ports.ts";
import { keepPredictions } from "./test-predictions.ts";
import { type Part, readTrainingData, type SplitRequest, type TrainingData } from "./training-data.ts";

export interface TrainRequest {
  readonly model: string;
  readonly dataset?: { readonly name?: string; readonly version?: number };
  /** Default "gradient-boosting". */
  readonly estimator?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly split?: SplitRequest;
  /** Whole number; default 1. */
  readonly seed?: number;
  /** The run's name; made up when left out. */
  readonly name?: string;
  /** Enter the result in the registry as the model's next version. Default true. */
  readonly register?: boolean;
}

export interface TrainResult {
  readonly run: Run;
  readonly version: ModelVersion | undefined;
  readonly modelHash: string;
  readonly metrics: Scorecard;
  /** The same metrics on the rows it was trained on: a wide gap is overfitting. */
  readonly trainMetrics: Scorecard;
  readonly rows: {
    readonly train: number;
    readonly test: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly seconds: number;
  readonly importance: readonly PermutationImportance[];
}

/** Trains one model on a frozen dataset and says how well it does on later rows. */
export async function train(ports: Ports, request: TrainRequest, work: Work = {}): Promise<TrainResult> {
  const estimator = findEstimator(ports, request.estimator ?? "gradient-boosting");
  const data = await readTrainingData(ports, request, work);
  return trainOn(ports, data, estimator, request, work);
}

/** As `train`, on data already read: several estimators on one dataset. */
export async function trainOn(
  ports: Ports,
  data: TrainingData,
  estimator: Estimator,
  request: TrainRequest,
  work: Work = {},
): Promise<TrainResult> {
  const { seed = 1, params = {} } = request;
  const why = estimator.unavailable?.();
  if (why !== undefined)
    throw new PawlError("unavailable", `The estimator "${estimator.name}" cannot run here.`, { found: why });
  const experimentId = await experimentOf(ports, request.model);
  const run = await ports.ledger.runs.start({
    experimentId,
    ...(request.name !== undefined && { name: request.name }),
    params: {
      estimator: estimator.name,
      ...Object.fromEntries(
        Object.entries(params).map(([k, v]) => [k, typeof v === "string" ? v : JSON.stringify(v)]),
      ),
    },
    environment: ports.environment as JsonObject,
    seed,
    datasetHash: data.dataset.hash,
    tags: { model: request.model, split: data.splitHash },
  });
  try {
    const began = ports.clock();
    const { frame, target, times } = data.train;
    const model = await estimator.train({ frame, target, times, task: data.task, seed }, params, work);
    const seconds = (ports.clock() - began) / 1e6;
    work.onProgress?.({ stage: "testing", done: 0 });
    return await conclude(ports, { data, estimator, request, run, model, seconds });
  } catch (thrown) {
    const error = toPawlError(thrown);
    await ports.ledger.runs.log(run.id, { tags: { error: error.message } });
    await ports.ledger.runs.update(run.id, { status: error.code === "cancelled" ? "killed" : "failed" });
    throw error;
  }
}

interface Trained {
  readonly data: TrainingData;
  readonly estimator: Estimator;
  readonly request: TrainRequest;
  readonly run: Run;
  readonly model: TrainedModel;
  readonly seconds: number;
}

async function conclude(ports: Ports, trained: Trained): Promise<TrainResult> {
  const { data, estimator, request, run, model, seconds } = trained;
  const predictions = model.predict(data.test.frame);
  const metrics = scorecard(data.task, data.test.target, predictions);
  const trainMetrics = onSample(data.train, data, model);
  // Shuffling a column cannot move a model that reads none.
  const importance = estimator.name === "majority" ? [] : importanceOf(data, model, request.seed ?? 1);
  await keepPredictions(ports, run.id, {
    task: data.task,
    datasetHash: data.dataset.hash,
    splitHash: data.splitHash,
    labels: data.test.target,
    predictions,
    asOf: data.test.times,
    metrics,
  });
  const now = ports.clock();
  const logged = [
    ...Object.entries(metrics).map(([key, value]) => ({ key, value, at: now, step: 0 })),
    ...Object.entries(trainMetrics).map(([key, value]) => ({ key: `train_${key}`, value, at: now, step: 0 })),
    { key: "train_seconds", value: seconds, at: now, step: 0 },
  ];
  const modelHash = model.hash();
  await ports.ledger.runs.log(run.id, { metrics: logged, tags: { model_hash: modelHash } });
  const version = request.register === false ? undefined : await register(ports, trained, metrics);
  return {
    run: await ports.ledger.runs.update(run.id, { status: "finished" }),
    version,
    modelHash,
    metrics,
    trainMetrics,
    rows: { train: data.train.frame.rows, test: data.test.frame.rows, dropped: data.dropped },
    seconds,
    importance,
  };
}

async function register(ports: Ports, trained: Trained, metrics: Scorecard): Promise<ModelVersion> {
  const { data, estimator, request, run, model } = trained;
  const blob = await ports.blobs.put(model.bytes());
  const finite = Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
  return ports.ledger.models.register({
    name: request.model,
    hash: model.hash(),
    blob: blob.hash,
    runId: run.id,
    datasetHash: data.dataset.hash,
    ...(data.dataset.viewHash !== undefined && { viewHash: data.dataset.viewHash }),
    metrics: finite,
    document: {
      format: "pawl",
      estimator: estimator.name,
      task: data.task as unknown as JsonObject,
      definition: definitionHash(ports.catalog, data.model),
      threshold: 0.5,
    },
  });
}

const sampleRows = 20_000;

/** Scored on an even sample: enough to see overfitting. */
function onSample(part: Part, data: TrainingData, model: TrainedModel): Scorecard {
  const step = Math.max(1, Math.floor(part.frame.rows / sampleRows));
  const rows = Int32Array.from({ length: Math.ceil(part.frame.rows / step) }, (_, i) => i * step);
  const labels = Float64Array.from(rows, (row) => part.target[row] ?? Number.NaN);
  return scorecard(data.task, labels, model.predict(selectRows(part.frame, rows)));
}

const importanceRows = 4000;

function importanceOf(
  data: TrainingData,
  model: TrainedModel,
  seed: number,
): readonly PermutationImportance[] {
  const loss = primaryLoss[data.task.kind];
  if (loss === "none" || data.test.frame.rows < 50) return [];
  const rows = permutation(data.test.frame.rows, seededRandom(seed)).slice(0, importanceRows).sort();
  const labels = Float64Array.from(rows, (row) => data.test.target[row] ?? Number.NaN);
  const score = (predictions: Float64Array): number =>
    scorecard(data.task, labels, predictions)[loss] ?? Number.NaN;
  const options = { score, higherIsBetter: false, repeats: 3, seed };
  const found = permutationImportance(model, selectRows(data.test.frame, rows), options);
  return found.toSorted((a, b) => b.mean - a.mean);
}

async function experimentOf(ports: Ports, name: string): Promise<string> {
  const known = await ports.ledger.experiments.byName(name);
  return (known ?? (await ports.ledger.experiments.create({ name }))).id;
}

/** An estimator by name; `not_found` lists what there is. */
export function findEstimator(ports: Ports, name: string): Estimator {
  const found = ports.estimators.get(name);
  if (found) return found;
  throw new PawlError("not_found", `There is no estimator "${name}".`, {
    found: name,
    expected: `one of ${[...ports.estimators.keys()].join(", ")}`,
  });
}
