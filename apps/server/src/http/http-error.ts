import { type ErrorCode, type ErrorParts, PawlError, toPawlError } from "@pawl/core";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { errorStatus } from "./error-status.ts";

/** A refusal that only HTTP knows: a method, a media type, a length. Its status is its own. */
export class HttpError extends PawlError {
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    code: ErrorCode,
    message: string,
    parts: ErrorParts & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code, message, parts);
    this.status = status;
    this.headers = parts.headers ?? {};
  }
}

/** An error as an answer: what every wire renders in its own form. */
export interface Refusal {
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: PawlError;
}

/**
 * Anything thrown, as a refusal. What was not thrown on purpose is logged by the caller and answered
 * without its message: that may quote data or paths that are not the client's business.
 */
export function refusalOf(thrown: unknown, requestId: string): Refusal {
  if (thrown instanceof HttpError) return { status: thrown.status, headers: thrown.headers, error: thrown };
  const found = tookTooLong(thrown) ?? toPawlError(thrown);
  const error =
    found.code === "internal"
      ? new PawlError("internal", "Something went wrong in Pawl.", {
          next: `Look for ${requestId} in the server's log.`,
          details: { requestId },
          cause: thrown,
        })
      : found;
  const headers: Record<string, string> = {};
  if (error.code === "unauthenticated")
    headers["www-authenticate"] = 'Basic realm="Pawl", Bearer realm="Pawl"';
  if (error.code === "exhausted" || error.code === "unavailable") headers["retry-after"] = retryAfter(error);
  return { status: errorStatus[error.code], headers, error };
}

function tookTooLong(thrown: unknown): PawlError | undefined {
  if (!(thrown instanceof DOMException) || thrown.name !== "TimeoutError") return undefined;
  return new PawlError("unavailable", "The answer took too long and was given up.", {
    next: "Send fewer rows at a time, or try again later.",
    cause: thrown,
  });
}

/** Whole seconds, rounded up, as the header wants them. */
function retryAfter({ details }: PawlError): string {
  const ms = details?.["retryAfterMs"];
  return String(typeof ms === "number" && ms > 0 ? Math.ceil(ms / 1000) : 1);
}
