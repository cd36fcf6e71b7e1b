import type { Prediction, PredictRequest, ServedModel, Serving } from "@pawl/loop";
import type { ServerMetrics } from "./server-metrics.ts";

/** A serving that counts and times what passes, whichever wire it came by. */
export function measuredServing(serving: Serving, metrics: ServerMetrics): Serving {
  const versionOf = (name: string): string =>
    String(serving.models().find((model) => model.name === name)?.version ?? "");
  return {
    models: (): readonly ServedModel[] => serving.models(),
    ready: () => serving.ready(),
    close: () => serving.close(),
    async predict(request: PredictRequest, signal?: AbortSignal): Promise<readonly Prediction[]> {
      const started = performance.now();
      try {
        const predictions = await serving.predict(request, signal);
        const version = String(predictions[0]?.version ?? versionOf(request.model));
        const labels = { model: request.model, version };
        const seconds = (performance.now() - started) / 1000;
        metrics.predictions.observe(labels, seconds);
        metrics.success.add(labels);
        metrics.rows.add(labels, predictions.length);
        metrics.executions.add(labels);
        metrics.requestMicros.add(labels, Math.round(seconds * 1e6));
        return predictions;
      } catch (thrown) {
        // A name nobody serves is no label: strangers could fill the memory with names.
        const version = versionOf(request.model);
        if (version !== "") metrics.failure.add({ model: request.model, version });
        throw thrown;
      }
    },
  };
}
