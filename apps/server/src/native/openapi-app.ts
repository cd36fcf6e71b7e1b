import { OpenAPIHono } from "@hono/zod-openapi";
import { PawlError } from "@pawl/core";
import type { PawlEnv } from "../http/edge.ts";

const places: Readonly<Record<string, string>> = {
  query: "query",
  param: "path",
  json: "body",
  header: "headers",
};

/** A group of routes whose documents are made from the schemas they check requests with. */
export function openapiApp(): OpenAPIHono<PawlEnv> {
  return new OpenAPIHono<PawlEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const place = places[result.target] ?? result.target;
      const said = result.error.issues.map((issue) => {
        if (issue.code === "unrecognized_keys") return `unknown: ${issue.keys.join(", ")}`;
        return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
      });
      throw new PawlError("invalid_input", `The ${place} of the request is not as it must be.`, {
        found: said.join("; "),
        next: "See /openapi.json for what this route takes.",
      });
    },
  });
}
