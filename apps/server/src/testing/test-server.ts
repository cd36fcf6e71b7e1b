import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ledger, openLedger, systemSurroundings } from "@pawl/ledger";
import type { Serving } from "@pawl/loop";
import { createApp } from "../app.ts";
import { createGate, type GateOptions } from "../http/gate.ts";
import { defaultLimits, type Limits } from "../http/limits.ts";
import type { Live } from "../live/live.ts";
import { type Log, silentLog } from "../log.ts";
import { ServerMetrics } from "../metrics/server-metrics.ts";
import { localDatasetFiles } from "../native/dataset-files.ts";
import { type RunningServer, startServer } from "../start.ts";
import { sampleServing } from "./sample-serving.ts";

export interface TestServerOptions {
  readonly serving?: Serving;
  readonly live?: Live;
  readonly tokens?: GateOptions["tokens"];
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
  readonly graceMs?: number;
  readonly noticeMs?: number;
}

export interface TestServer extends RunningServer {
  readonly ledger: Ledger;
  /** Where files of datasets are. */
  readonly folder: string;
  close(): Promise<void>;
}

/** The real application on a real port over a ledger in memory. */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { serving = sampleServing(), tokens = [], log = silentLog } = options;
  const folder = await mkdtemp(join(tmpdir(), "pawl-server-"));
  const ledger = await openLedger({ file: ":memory:", ...systemSurroundings });
  let accepting = true;
  const metrics = new ServerMetrics({ ready: () => serving.ready(), startedAt: Date.now() / 1000 });
  const app = createApp({
    serving,
    ...(options.live && { live: options.live }),
    ledger,
    datasetFiles: localDatasetFiles(folder),
    gate: createGate({ tokens, host: "127.0.0.1" }),
    log,
    metrics,
    limits: { ...defaultLimits, ...options.limits },
    version: "0.0.0-test",
    accepting: () => accepting,
  });
  const running = await startServer(app, {
    port: 0,
    log,
    onStopping: () => {
      accepting = false;
    },
    ...(options.graceMs !== undefined && { graceMs: options.graceMs }),
    ...(options.noticeMs !== undefined && { noticeMs: options.noticeMs }),
  });
  return {
    ...running,
    ledger,
    folder,
    async close() {
      await running.stop();
      metrics.close();
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
