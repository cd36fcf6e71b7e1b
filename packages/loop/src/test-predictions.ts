import { decodeModelDocument, encodeModelDocument, type Scorecard, type Task } from "@pawl/core";
import type { Ports } from "./ports.ts";

/** What a model said on the test rows: kept with its run, so that runs can be compared row by row later. */
export interface TestPredictions {
  readonly task: Task;
  readonly datasetHash: string;
  /** Names the split; equal hashes mean the same rows in the same order. */
  readonly splitHash: string;
  readonly labels: Float64Array;
  /** Rows × outputs. */
  readonly predictions: Float64Array;
  /** The moment of each row, microseconds. */
  readonly asOf: Float64Array;
  readonly metrics: Scorecard;
}

const path = "test-predictions.bin";

export async function keepPredictions(ports: Ports, runId: string, test: TestPredictions): Promise<void> {
  const { labels, predictions, asOf, task, datasetHash, splitHash, metrics } = test;
  const header = { task, datasetHash, splitHash, metrics: textMetrics(metrics) };
  const bytes = encodeModelDocument({ header, sections: { labels, predictions, asOf } });
  const blob = await ports.blobs.put(bytes);
  const owner = { kind: "run", id: runId } as const;
  await ports.ledger.artifacts.put(owner, { path, blob: blob.hash, bytes: blob.bytes });
}

export async function readPredictions(ports: Ports, runId: string): Promise<TestPredictions | undefined> {
  const artifact = await ports.ledger.artifacts.get({ kind: "run", id: runId }, path);
  if (!artifact) return undefined;
  const { header, sections } = decodeModelDocument(await ports.blobs.read(artifact.blob));
  const { labels, predictions, asOf } = sections;
  const whole = [labels, predictions, asOf].every((section) => section instanceof Float64Array);
  if (!whole) return undefined;
  return {
    task: header["task"] as unknown as Task,
    datasetHash: String(header["datasetHash"]),
    splitHash: String(header["splitHash"]),
    labels: labels as Float64Array,
    predictions: predictions as Float64Array,
    asOf: asOf as Float64Array,
    metrics: numberMetrics(header["metrics"] as Readonly<Record<string, string>>),
  };
}

/** JSON has no NaN. */
const textMetrics = (metrics: Scorecard): Record<string, string> =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, String(value)]));

const numberMetrics = (metrics: Readonly<Record<string, string>>): Scorecard =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)]));
