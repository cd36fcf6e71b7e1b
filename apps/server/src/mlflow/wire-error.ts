import { type ErrorCode, type ErrorParts, PawlError, toPawlError } from "@pawl/core";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { HttpError } from "../http/http-error.ts";

/**
 * MLflow's error codes and their status. The client repeats 408, 429 and 5xx for minutes (501 excepted), so
 * what the client got wrong must never be among those.
 */
const statusOf = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const satisfies Record<string, ContentfulStatusCode>;

export type WireCode = keyof typeof statusOf;

const codeOf: Readonly<Record<ErrorCode, WireCode>> = {
  invalid_input: "INVALID_PARAMETER_VALUE",
  invalid_definition: "INVALID_PARAMETER_VALUE",
  insufficient_data: "INVALID_PARAMETER_VALUE",
  bad_data: "BAD_REQUEST",
  cancelled: "BAD_REQUEST",
  unauthenticated: "UNAUTHENTICATED",
  forbidden: "PERMISSION_DENIED",
  not_found: "RESOURCE_DOES_NOT_EXIST",
  conflict: "RESOURCE_CONFLICT",
  definition_conflict: "RESOURCE_CONFLICT",
  exhausted: "REQUEST_LIMIT_EXCEEDED",
  unsupported: "NOT_IMPLEMENTED",
  unavailable: "TEMPORARILY_UNAVAILABLE",
  internal: "INTERNAL_ERROR",
};

/** A refusal with a wire code that does not follow from Pawl's own. */
export class WireError extends PawlError {
  readonly wire: WireCode;

  constructor(wire: WireCode, code: ErrorCode, message: string, parts?: ErrorParts) {
    super(code, message, parts);
    this.wire = wire;
  }
}

/** What an endpoint calls a `conflict` of the ledger; MLflow has several names for it. */
export type ConflictCode = "RESOURCE_ALREADY_EXISTS" | "INVALID_PARAMETER_VALUE" | "RESOURCE_CONFLICT";

export interface WireAnswer {
  readonly status: ContentfulStatusCode;
  readonly body: { readonly error_code: WireCode; readonly message: string };
}

/** Anything thrown, as MLflow's client expects it: one line of words with what was found and what to do. */
export function wireAnswer(thrown: unknown, conflict: ConflictCode = "RESOURCE_CONFLICT"): WireAnswer {
  const error = toPawlError(thrown);
  const code = wireCode(error, conflict);
  // An unexpected message may quote data or paths that are not the client's business; the log has it.
  if (code === "INTERNAL_ERROR") {
    return {
      status: 500,
      body: { error_code: code, message: "Something went wrong in Pawl; its log says what." },
    };
  }
  return { status: statusOf[code], body: { error_code: code, message: wordsOf(error) } };
}

function wireCode(error: PawlError, conflict: ConflictCode): WireCode {
  if (error instanceof WireError) return error.wire;
  // A body that is too long or not JSON: the client's fault, whatever status other wires give it.
  if (error instanceof HttpError && error.status < 500 && error.status >= 404)
    return "INVALID_PARAMETER_VALUE";
  return error.code === "conflict" ? conflict : codeOf[error.code];
}

function wordsOf({ message, found, expected, next }: PawlError): string {
  return [
    message,
    found !== undefined && `Found: ${found}.`,
    expected !== undefined && `Expected: ${expected}.`,
    next,
  ]
    .filter((part) => part !== false && part !== undefined)
    .join(" ");
}
