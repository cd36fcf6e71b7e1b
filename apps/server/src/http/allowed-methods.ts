import type { Hono } from "hono";
import type { PawlEnv } from "./edge.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The methods some route of the application answers this path with. */
export function allowedMethods(app: Hono<PawlEnv>, path: string): string[] {
  const found = methods.filter((method) => {
    const [handlers] = app.router.match(method, path);
    // Middleware is registered for every method; a route names its own.
    return handlers.some(([[, route]]) => route.method !== "ALL");
  });
  return found.length === 0 ? [] : [...found, ...(found.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
}
