import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Prediction, Serving } from "../serving.ts";

/** Predictions as they were given, one JSON document a line, one file a day of the clock (UTC). */
export interface PredictionLog {
  record(predictions: readonly Prediction[], at: number): void;
  /** Resolves when everything recorded so far is written. */
  flush(): Promise<void>;
}

const flushAfter = 1000;
const flushMs = 200;

/**
 * Appends predictions to `<folder>/<day>.ndjson`. Writing is in the background and in order: a prediction is
 * never delayed by it, and a crash loses at most the last fifth of a second.
 */
export function predictionLog(folder: string, onError: (error: unknown) => void): PredictionLog {
  const waiting = new Map<string, string[]>();
  let count = 0;
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const write = async (): Promise<void> => {
    const batch = [...waiting];
    waiting.clear();
    count = 0;
    if (batch.length === 0) return;
    await mkdir(folder, { recursive: true });
    for (const [day, lines] of batch)
      await appendFile(join(folder, `${day}.ndjson`), `${lines.join("\n")}\n`);
  };
  const flush = (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write).catch(onError);
    return writing;
  };

  return {
    flush,
    record(predictions, at) {
      const day = new Date(at / 1000).toISOString().slice(0, 10);
      const lines = waiting.get(day) ?? [];
      waiting.set(day, lines);
      for (const prediction of predictions) lines.push(JSON.stringify({ at, ...prediction }));
      count += predictions.length;
      if (count >= flushAfter) void flush();
      else timer ??= setTimeout(() => void flush(), flushMs);
    },
  };
}

/** A serving whose every answer is recorded with the features behind it. */
export function recorded(serving: Serving, log: PredictionLog, clock: () => number): Serving {
  return {
    ...serving,
    async predict(request, signal) {
      const predictions = await serving.predict({ ...request, features: true }, signal);
      log.record(predictions, clock());
      return request.features ? predictions : predictions.map(withoutFeatures);
    },
    async close() {
      await log.flush();
      await serving.close();
    },
  };
}

function withoutFeatures(prediction: Prediction): Prediction {
  const { features, ...rest } = prediction;
  return features === undefined ? prediction : rest;
}
