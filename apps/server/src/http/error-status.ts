import type { ErrorCode } from "@pawl/core";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** The one table from what went wrong to what HTTP calls it. Every wire uses it. */
export const errorStatus: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  definition_conflict: 409,
  invalid_definition: 422,
  bad_data: 422,
  insufficient_data: 422,
  // Nobody is left to read it; the number is what proxies log for a client that went away.
  cancelled: 499 as ContentfulStatusCode,
  internal: 500,
  unsupported: 501,
  exhausted: 503,
  unavailable: 503,
};
