import type { OpenAPIHono } from "@hono/zod-openapi";
import type { PawlEnv } from "../http/edge.ts";
import { gzip } from "../http/gzip.ts";
import { liveRoutes } from "../live/routes.ts";
import type { Ports } from "../ports.ts";
import { datasetRoutes } from "./datasets.ts";
import { definitionRoutes } from "./definitions.ts";
import { modelRoutes } from "./models.ts";
import { openapiApp } from "./openapi-app.ts";
import { predictRoute } from "./predict.ts";
import { runRoutes } from "./runs.ts";
import { timelineRoutes } from "./timeline.ts";

/** Pawl's own API, to be mounted at /api/v1. */
export function nativeRoutes(ports: Ports): OpenAPIHono<PawlEnv> {
  const app = openapiApp();
  predictRoute(app, ports);
  if (ports.live) liveRoutes(app, ports, ports.live);
  // After predictions, which are too small and too frequent to compress.
  app.use(gzip);
  modelRoutes(app, ports);
  datasetRoutes(app, ports);
  definitionRoutes(app, ports);
  runRoutes(app, ports);
  timelineRoutes(app, ports);
  return app;
}
