import { join } from "node:path";
import { type FeatureLookup, historyLookup, predictionLog, presentLookup, recorded, serve } from "@pawl/loop";
import type { Present } from "@pawl/present";
import { createApp } from "./app.ts";
import { createGate, type Token } from "./http/gate.ts";
import { defaultLimits, type Limits } from "./http/limits.ts";
import { catchUp } from "./live/catch-up.ts";
import { exportInBackground } from "./live/export-in-background.ts";
import type { Log } from "./log.ts";
import { presentMetrics } from "./metrics/present-metrics.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import { mlflowMount } from "./mlflow/mlflow-mount.ts";
import { localDatasetFiles } from "./native/dataset-files.ts";
import type { Project } from "./project.ts";
import { type RunningServer, startServer } from "./start.ts";
import { version } from "./version.ts";

export interface ServeProject {
  readonly host?: string;
  readonly port?: number;
  readonly tokens?: readonly Token[];
  /** Names this server is reached by on loopback, beside its own. */
  readonly allowedHosts?: readonly string[];
  readonly log: Log;
  readonly limits?: Partial<Limits>;
  readonly noticeMs?: number;
  readonly graceMs?: number;
  /** What is known now: with it facts can be pushed and features read, and Feast's clients are answered. */
  readonly present?: Present;
  /** Where served features come from. Default: the present, or history where there is none. */
  readonly lookup?: FeatureLookup;
  /** Keep every prediction with its features in the project. Default true. */
  readonly record?: boolean;
}

/** Serves a project: every wire on one port. Stopping the server leaves the project open. */
export async function serveProject(project: Project, options: ServeProject): Promise<RunningServer> {
  const { ports } = project;
  const { host = "127.0.0.1", tokens = [], allowedHosts = [], log } = options;
  // First, so that an open door is refused before anything is loaded.
  const gate = createGate({ tokens, host, allowedHosts });
  const { present } = options;
  const lookup = options.lookup ?? (present ? presentLookup(present) : historyLookup(ports));
  const answering = await serve(ports, lookup);
  const kept = predictionLog(join(project.state, "predictions"), (error) => {
    log.error({ error: String(error) }, "predictions could not be kept");
  });
  const serving = options.record === false ? answering : recorded(answering, kept, ports.clock);
  const exporting = present && exportInBackground(ports, present, log);
  let accepting = true;
  const metrics = new ServerMetrics({
    ready: () => accepting && serving.ready(),
    startedAt: Date.now() / 1000,
    ...(present && { more: presentMetrics(present) }),
  });
  const mlflow = mlflowMount({ ledger: ports.ledger, blobs: ports.blobs, log });
  const app = createApp(
    {
      serving,
      ...(present && {
        live: {
          catalog: ports.catalog,
          present,
          catchUp: async (source: string, signal?: AbortSignal) => {
            await catchUp(ports, present, source, signal ? { signal } : {});
          },
        },
      }),
      ledger: ports.ledger,
      datasetFiles: localDatasetFiles(ports.datasetFolder),
      gate,
      log,
      metrics,
      limits: { ...defaultLimits, ...options.limits },
      version,
      accepting: () => accepting,
    },
    [mlflow],
  );
  const running = await startServer(app, {
    host,
    log,
    ...(options.port !== undefined && { port: options.port }),
    ...(options.noticeMs !== undefined && { noticeMs: options.noticeMs }),
    ...(options.graceMs !== undefined && { graceMs: options.graceMs }),
    onStopping: () => {
      accepting = false;
    },
  });
  return {
    ...running,
    async stop() {
      await running.stop();
      metrics.close();
      await exporting?.stop();
      await serving.close();
    },
  };
}
