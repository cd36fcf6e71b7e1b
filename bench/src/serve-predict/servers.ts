import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { PawlError } from "@pawl/core";
import { benchFolder } from "../harness/places.ts";
import { interpreter } from "../harness/python.ts";

export const serverNames = ["pawl", "hono", "mlserver", "mlflow"] as const;
export type ServerName = (typeof serverNames)[number];

/** A scoring server at work, and how it is asked about one row. */
export interface ScoringServer {
  readonly url: string;
  readonly path: string;
  readonly version: string;
  /** File of the model's bytes, when it is Pawl's. */
  readonly model?: string;
  body(row: Readonly<Record<string, number | null>>): unknown;
  /** The probability in an answer; undefined when the server only echoes. */
  probability(answer: unknown): number | undefined;
  /** Highest resident memory of the process that scores, in bytes; null where it cannot be seen. */
  peakMemory(): number | null;
  stop(): Promise<void>;
}

/** What a server of ours says on its first line. */
interface Listening {
  readonly url: string;
  readonly version: string;
  readonly model?: string;
}

type Dialect = Pick<ScoringServer, "path" | "body" | "probability">;

const native: Dialect = {
  path: "/api/v1/models/wins/predict",
  body: (row) => ({ by: "values", rows: [row] }),
  probability: (answer) => (answer as { predictions: { probability: number }[] }).predictions[0]?.probability,
};

const dialects: Readonly<Record<ServerName, Dialect>> = {
  pawl: native,
  hono: { ...native, probability: () => undefined },
  mlserver: {
    path: "/v2/models/wins/infer",
    body: (row) => {
      const data = Object.values(row).map((value) => value ?? 0);
      return { inputs: [{ name: "x", shape: [1, data.length], datatype: "FP64", data }] };
    },
    probability: (answer) => (answer as { outputs: { data: number[] }[] }).outputs[0]?.data[0],
  },
  mlflow: {
    path: "/invocations",
    body: (row) => ({ dataframe_split: { columns: Object.keys(row), data: [Object.values(row)] } }),
    probability: (answer) => (answer as { predictions: number[] }).predictions[0],
  },
};

/** Starts a server with a model trained on `<data>/train`, and waits until it answers. */
export async function startServer(name: ServerName, data: string): Promise<ScoringServer> {
  const ours = name === "pawl" || name === "hono";
  const port = await freePort();
  const script = ours
    ? join(benchFolder, "dist", "serve-predict", `${name}-server.js`)
    : join(benchFolder, "src", "serve-predict", `${name}_server.py`);
  const child = spawn(ours ? process.execPath : interpreter("serving"), [script, data, String(port)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PYTHONPATH: join(benchFolder, "src", "harness") },
  });
  const log: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => {
    log.push(chunk.toString());
    if (log.length > 50) log.shift();
  });
  const listening = await firstLine(child, log);
  const server: ScoringServer = {
    ...dialects[name],
    ...listening,
    peakMemory: () => peakMemoryOf(child.pid ?? 0),
    stop: () => stop(child),
  };
  await untilAnswers(server, child, log);
  return server;
}

async function firstLine(child: ChildProcess, log: readonly string[]): Promise<Listening> {
  if (child.stdout) {
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      if (!line.startsWith("{")) continue;
      child.stdout.resume();
      return JSON.parse(line) as Listening;
    }
  }
  throw failed("ended before it listened", log);
}

async function untilAnswers(
  server: ScoringServer,
  child: ChildProcess,
  log: readonly string[],
): Promise<void> {
  const body = JSON.stringify(
    server.body(Object.fromEntries(Array.from({ length: 30 }, (_, c) => [`x${c}`, 0]))),
  );
  const headers = { "content-type": "application/json" };
  for (let tries = 0; tries < 240; tries++) {
    if (child.exitCode !== null) throw failed(`ended with ${child.exitCode}`, log);
    const answered = await fetch(server.url + server.path, { method: "POST", headers, body }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await sleep(250);
  }
  throw failed("does not answer", log);
}

function failed(found: string, log: readonly string[]): PawlError {
  return new PawlError("unavailable", `The server ${found}.`, {
    found,
    details: { log: log.join("").slice(-3000) },
  });
}

function peakMemoryOf(pid: number): number | null {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found ? Number(found[1]) * 1024 : null;
  } catch {
    return null;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
