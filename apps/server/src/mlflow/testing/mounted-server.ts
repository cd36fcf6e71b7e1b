import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderBlobs, type Ledger, openLedger, systemSurroundings } from "@pawl/ledger";
import { createApp } from "../../app.ts";
import { createGate, type Token } from "../../http/gate.ts";
import { defaultLimits } from "../../http/limits.ts";
import { silentLog } from "../../log.ts";
import { ServerMetrics } from "../../metrics/server-metrics.ts";
import { localDatasetFiles } from "../../native/dataset-files.ts";
import { type RunningServer, startServer } from "../../start.ts";
import { sampleServing } from "../../testing/sample-serving.ts";
import { mlflowMount } from "../mlflow-mount.ts";

export interface MountedServer extends RunningServer {
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** The whole application with MLflow's wire in it, on a real port, over stores on disk. */
export async function mountedServer(tokens: readonly Token[]): Promise<MountedServer> {
  const folder = await mkdtemp(join(tmpdir(), "pawl-mlflow-"));
  const ledger = await openLedger({ file: join(folder, "ledger.db"), ...systemSurroundings });
  const blobs = folderBlobs({ folder: join(folder, "blobs") });
  const serving = sampleServing();
  const metrics = new ServerMetrics({ ready: () => serving.ready(), startedAt: 0 });
  const app = createApp(
    {
      serving,
      ledger,
      datasetFiles: localDatasetFiles(folder),
      gate: createGate({ tokens, host: "127.0.0.1" }),
      log: silentLog,
      metrics,
      limits: defaultLimits,
      version: "0.0.0-test",
      accepting: () => true,
    },
    [mlflowMount({ ledger, blobs })],
  );
  const running = await startServer(app, { port: 0, log: silentLog, graceMs: 1_000 });
  return {
    ...running,
    ledger,
    close: async () => {
      await running.stop();
      metrics.close();
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
