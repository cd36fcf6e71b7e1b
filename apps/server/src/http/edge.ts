import { randomBytes } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Ports } from "../ports.ts";

/** What every request carries. */
export interface PawlEnv {
  Variables: {
    requestId: string;
    /** The name of the token, where one was asked for. */
    who?: string;
  };
}

const acceptable = /^[\w.:-]{1,128}$/;
const probes = new Set(["/health", "/ready", "/ping", "/metrics", "/v2/health/live", "/v2/health/ready"]);

// Random for the process, then a counter: unique, and cheap to make.
const prefix = randomBytes(8).toString("hex");
let count = 0;

/** The id a client gave, when it is harmless, or a new one. */
function requestIdOf(c: Context): string {
  const given = c.req.header("x-request-id");
  return given !== undefined && acceptable.test(given) ? given : `${prefix}-${(++count).toString(36)}`;
}

/**
 * What happens around every request, whatever its wire: an id, the time it took, one line in the log.
 * Paths are logged without their query and headers not at all, so that no secret gets there.
 */
export function edge(ports: Ports): MiddlewareHandler<PawlEnv> {
  const { log, metrics } = ports;
  return async (c, next) => {
    const started = performance.now();
    const requestId = requestIdOf(c);
    c.set("requestId", requestId);
    c.header("x-request-id", requestId);
    await next();
    const ms = performance.now() - started;
    const { method, path } = c.req;
    const { status } = c.res;
    const route = matchedRoutes(c).find((each) => each.method !== "ALL")?.path ?? "unmatched";
    metrics.requests.observe(
      { http_request_method: method, http_route: route, http_response_status_code: String(status) },
      ms / 1000,
    );
    const who = c.get("who");
    const line = { requestId, method, path, status, ms: Math.round(ms * 1000) / 1000, ...(who && { who }) };
    if (status >= 500) log.warn(line, "failed");
    else if (probes.has(path)) log.debug(line, "answered");
    else log.info(line, "answered");
  };
}

/** Lets through whom the gate admits. */
export function door(ports: Ports): MiddlewareHandler<PawlEnv> {
  const { gate } = ports;
  return (c, next) => {
    const who = gate.admit({ method: c.req.method, path: c.req.path, header: (name) => c.req.header(name) });
    if (who !== undefined) c.set("who", who);
    return next();
  };
}
