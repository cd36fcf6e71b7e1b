import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { feastWire } from "./feast/feast-error.ts";
import { feastRoutes } from "./feast/routes.ts";
import { allowedMethods } from "./http/allowed-methods.ts";
import { door, edge, type PawlEnv } from "./http/edge.ts";
import { gzip } from "./http/gzip.ts";
import { HttpError } from "./http/http-error.ts";
import { refuser, type Wire } from "./http/wire.ts";
import { homePage } from "./home/page.ts";
import { measuredServing } from "./metrics/measured-serving.ts";
import { openapiApp } from "./native/openapi-app.ts";
import { nativeRoutes } from "./native/routes.ts";
import { openInferenceRoutes } from "./openinference/routes.ts";
import { openInferenceWire } from "./openinference/wire.ts";
import type { Ports } from "./ports.ts";
import { scoringRoutes, scoringWire } from "./scoring/routes.ts";

/** Another protocol's routes, with the way it says no. */
export interface Mount {
  readonly path: string;
  readonly routes: Hono;
  readonly wire?: Wire;
}

/** The whole server as one function from request to answer: no port, no process, no files of its own. */
export function createApp(given: Ports, mounts: readonly Mount[] = []): OpenAPIHono<PawlEnv> {
  const ports: Ports = { ...given, serving: measuredServing(given.serving, given.metrics) };
  const app = openapiApp();
  const wires = [openInferenceWire, scoringWire, feastWire, ...mounts.flatMap(({ wire }) => wire ?? [])];
  const refuse = refuser(wires, ports.log);

  app.onError(refuse);
  app.notFound((c) => {
    const allowed = allowedMethods(app, c.req.path);
    const allow = { allow: allowed.join(", ") };
    if (allowed.length > 0 && c.req.method === "OPTIONS") return c.body(null, 204, allow);
    if (allowed.length > 0) {
      return refuse(
        new HttpError(405, "unsupported", `This address does not take ${c.req.method}.`, {
          found: c.req.method,
          expected: allowed.join(", "),
          headers: allow,
        }),
        c,
      );
    }
    const nothing = new HttpError(404, "not_found", "There is nothing at this address.", {
      found: c.req.path,
      next: "See /openapi.json for every route.",
    });
    return refuse(nothing, c);
  });

  app.use(edge(ports), door(ports));
  operationRoutes(app, ports);
  app.route("/api/v1", nativeRoutes(ports));
  app.route("/v2", openInferenceRoutes(ports));
  app.route("/", scoringRoutes(ports));
  if (ports.live) app.route("/", feastRoutes(ports, ports.live));
  for (const { path, routes } of mounts) app.route(path, routes);

  app.get("/openapi.json", gzip, (c) => c.json(openapiDocument(app, ports.version)));
  app.get("/", gzip, (c) => {
    c.header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    c.header("x-content-type-options", "nosniff");
    return c.html(homePage(ports.serving.models(), ports.version));
  });
  return app;
}

/** The OpenAPI 3.1 document of everything declared with schemas. */
export function openapiDocument(app: OpenAPIHono<PawlEnv>, version: string): object {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Pawl",
      version,
      description: "Operates machine-learning models that only move forward.",
      license: { name: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{}, { bearer: [] }, { basic: [] }],
  });
}

const state = z.object({ status: z.enum(["ok", "starting", "stopping"]) });
const stated = (description: string) => ({ description, content: { "application/json": { schema: state } } });

const health = createRoute({
  method: "get",
  path: "/health",
  tags: ["operation"],
  summary: "Whether the process lives",
  responses: { 200: stated("It does.") },
});

const ready = createRoute({
  method: "get",
  path: "/ready",
  tags: ["operation"],
  summary: "Whether predictions are taken",
  responses: {
    200: stated("They are."),
    503: stated("Models are being loaded, or the server is going down."),
  },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["operation"],
  summary: "Measurements for Prometheus",
  responses: {
    200: { description: "Text format 0.0.4.", content: { "text/plain": { schema: z.string() } } },
  },
});

function operationRoutes(app: OpenAPIHono<PawlEnv>, ports: Ports): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "basic", { type: "http", scheme: "basic" });
  app.openapi(health, (c) => c.json({ status: "ok" as const }, 200));
  app.openapi(ready, (c) => {
    if (!ports.accepting()) return c.json({ status: "stopping" as const }, 503);
    return ports.serving.ready()
      ? c.json({ status: "ok" as const }, 200)
      : c.json({ status: "starting" as const }, 503);
  });
  app.use("/metrics", gzip);
  app.openapi(metrics, (c) =>
    c.text(ports.metrics.text(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
}
