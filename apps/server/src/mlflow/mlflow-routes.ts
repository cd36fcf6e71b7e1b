import { PawlError } from "@pawl/core";
import type { BlobStore, Ledger } from "@pawl/ledger";
import { type Context, Hono } from "hono";
import { type Log, silentLog } from "../log.ts";
import { artifactEndpoints, mountArtifacts } from "./artifact-routes.ts";
import { ArtifactRoots } from "./artifact-roots.ts";
import type { Desk } from "./desk.ts";
import type { Endpoint } from "./endpoint.ts";
import { experimentEndpoints } from "./experiment-endpoints.ts";
import { loggedModelEndpoints } from "./logged-model-endpoints.ts";
import { metricEndpoints } from "./metric-endpoints.ts";
import { modelVersionEndpoints } from "./model-version-endpoints.ts";
import { registeredModelEndpoints } from "./registered-model-endpoints.ts";
import { runEndpoints } from "./run-endpoints.ts";
import { runLogEndpoints } from "./run-log-endpoints.ts";
import { WireError, wireAnswer } from "./wire-error.ts";

export interface MlflowOptions {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly log?: Log;
}

/** The version of MLflow whose wire this is; the client asks before it uses newer calls. */
export const mlflowVersion = "3.17.2";

/** Every JSON call there is. */
export const endpoints: readonly Endpoint[] = [
  ...experimentEndpoints,
  ...runEndpoints,
  ...runLogEndpoints,
  ...metricEndpoints,
  ...artifactEndpoints,
  ...loggedModelEndpoints,
  ...registeredModelEndpoints,
  ...modelVersionEndpoints,
];

/** Prefixes of the same calls: of the Python client and of MLflow's own pages. */
const prefixes = ["/api/2.0", "/ajax-api/2.0"] as const;

/**
 * MLflow's REST wire over the ledger, to be mounted at "/": with MLFLOW_TRACKING_URI at this server, the
 * Python client works unchanged. Files are stored as bytes; none is ever opened.
 */
export function mlflowRoutes({ ledger, blobs, log = silentLog }: MlflowOptions): Hono {
  const deskOf = desks({ ledger, blobs, roots: new ArtifactRoots(ledger) });
  const ready = defaultExperiment(ledger);
  const app = new Hono();
  const answering =
    (answer: (c: Context) => Promise<Response>, conflict?: Parameters<typeof wireAnswer>[1]) =>
    async (c: Context): Promise<Response> => {
      try {
        return await answer(c);
      } catch (thrown) {
        return refuse(c, log, thrown, conflict);
      }
    };

  for (const prefix of prefixes) {
    for (const { methods, path, conflict, answer } of endpoints) {
      const handler = answering(async (c) => {
        await ready();
        return c.json(await answer(c, deskOf(c)));
      }, conflict);
      for (const method of methods) app.on(method, `${prefix}/mlflow${path}`, handler);
    }
    mountArtifacts(app, prefix, deskOf);
    for (const family of ["mlflow", "mlflow-artifacts"])
      app.all(`${prefix}/${family}/*`, answering(unknownEndpoint));
  }
  for (const prefix of ["/api/3.0", "/ajax-api/3.0"]) {
    app.get(`${prefix}/mlflow/server-info`, (c) =>
      c.json({ store_type: "SqlStore", workspaces_enabled: false }),
    );
    app.all(`${prefix}/mlflow/*`, answering(unknownEndpoint));
  }
  app.get("/version", (c) => c.text(mlflowVersion));
  app.onError((thrown, c) => refuse(c, log, thrown));
  return app;
}

const mostNames = 1_000;

/** Changes are put down to whom the token names; without tokens, to whom the ledger was opened for. */
function desks(desk: Desk): (c: Context) => Desk {
  const byName = new Map<string, Desk>();
  return (c) => {
    const who: unknown = c.get("who");
    if (typeof who !== "string") return desk;
    let own = byName.get(who);
    if (own === undefined) {
      own = { ...desk, ledger: desk.ledger.as({ kind: "person", name: who }) };
      if (byName.size < mostNames) byName.set(who, own);
    }
    return own;
  };
}

function refuse(
  c: Context,
  log: Log,
  thrown: unknown,
  conflict?: Parameters<typeof wireAnswer>[1],
): Response {
  const { status, body } = wireAnswer(thrown, conflict);
  if (status >= 500 && status !== 501) {
    const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    log.error({ requestId: c.get("requestId") as unknown, path: c.req.path, stack }, "an MLflow call failed");
  }
  return c.json(body, status);
}

async function unknownEndpoint(c: Context): Promise<Response> {
  throw new WireError("ENDPOINT_NOT_FOUND", "not_found", "Pawl has no such MLflow call.", {
    found: `${c.req.method} ${c.req.path}`,
    next: "Traces, prompts, scorers and webhooks are not part of Pawl.",
  });
}

/** MLflow's clients count on an experiment "0" named "Default". Made once, at the first call. */
function defaultExperiment(ledger: Ledger): () => Promise<void> {
  let made: Promise<void> | undefined;
  return () => {
    made ??= make(ledger).catch((thrown: unknown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
}

async function make({ experiments }: Ledger): Promise<void> {
  if ((await experiments.get("0")) !== undefined) return;
  try {
    await experiments.create({ id: "0", name: "Default" });
  } catch (thrown) {
    // Another process was faster, or somebody took the name; the latter can live without a default.
    if (!(thrown instanceof PawlError && thrown.code === "conflict")) throw thrown;
  }
}
