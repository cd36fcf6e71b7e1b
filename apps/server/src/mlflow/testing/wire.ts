import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlobStore, folderBlobs, type Ledger, openLedger } from "@pawl/ledger";
import type { Hono } from "hono";
import { mlflowRoutes } from "../mlflow-routes.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The wire over a real ledger in a folder of its own, without a network. */
export interface Wire {
  readonly app: Hono;
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly folder: string;
  /** A call below /api/2.0/mlflow: fields go where MLflow's client puts them. */
  call(method: string, path: string, fields?: Fields): Promise<Answer>;
  /** The same, and it must succeed. */
  ok<Body = unknown>(method: string, path: string, fields?: Fields): Promise<Body>;
  /** A new run in a new experiment. */
  run(): Promise<{ readonly id: string; readonly experimentId: string }>;
  close(): Promise<void>;
}

const base = "http://pawl.test";

export async function openWire(): Promise<Wire> {
  const folder = await mkdtemp(join(tmpdir(), "pawl-mlflow-"));
  const clock = (): number => Date.now() * 1000;
  const ledger = await openLedger({ file: join(folder, "ledger.db"), clock, random: (n) => randomBytes(n) });
  const blobs = folderBlobs({ folder: join(folder, "blobs") });
  const app = mlflowRoutes({ ledger, blobs });
  const call = async (method: string, path: string, fields: Fields = {}): Promise<Answer> => {
    const query = new URLSearchParams();
    if (method === "GET") {
      for (const [name, value] of Object.entries(fields)) {
        for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
      }
    }
    const address = `${base}/api/2.0/mlflow${path}${query.size > 0 ? `?${query.toString()}` : ""}`;
    const response = await app.request(address, {
      method,
      ...(method !== "GET" && {
        body: JSON.stringify(fields),
        headers: { "content-type": "application/json" },
      }),
    });
    return { status: response.status, body: await response.json() };
  };
  const ok = async <Body>(method: string, path: string, fields?: Fields): Promise<Body> => {
    const { status, body } = await call(method, path, fields);
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
    return body as Body;
  };
  let experiments = 0;
  return {
    app,
    ledger,
    blobs,
    folder,
    call,
    ok,
    run: async () => {
      experiments += 1;
      const name = `experiment ${experiments}`;
      const { experiment_id: experimentId } = await ok<{ experiment_id: string }>(
        "POST",
        "/experiments/create",
        {
          name,
        },
      );
      const { run } = await ok<{ run: { info: { run_id: string } } }>("POST", "/runs/create", {
        experiment_id: experimentId,
      });
      return { id: run.info.run_id, experimentId };
    },
    close: async () => {
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
