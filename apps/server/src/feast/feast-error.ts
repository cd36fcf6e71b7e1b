import type { ErrorCode, ErrorParts } from "@pawl/core";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { HttpError, type Refusal } from "../http/http-error.ts";
import type { Wire } from "../http/wire.ts";

/** A refusal Feast's clients know by the name of a class. */
export class FeastError extends HttpError {
  readonly className: string;

  constructor(
    status: ContentfulStatusCode,
    className: string,
    code: ErrorCode,
    message: string,
    parts: ErrorParts = {},
  ) {
    super(status, code, message, parts);
    this.className = className;
  }
}

/** A request of the wrong shape, with the place of each fault. */
export class FeastValidationError extends HttpError {
  readonly detail: readonly {
    readonly loc: readonly (string | number)[];
    readonly msg: string;
    readonly type: string;
  }[];

  constructor(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]) {
    super(422, "invalid_input", "The request is not as it must be.");
    this.detail = issues.map(({ path, message }) => ({
      loc: ["body", ...path.map((part) => (typeof part === "number" ? part : String(part)))],
      msg: message,
      type: "value_error",
    }));
  }
}

const paths = new Set([
  "/get-online-features",
  "/push",
  "/write-to-online-store",
  "/materialize",
  "/materialize-incremental",
]);

/**
 * Feast's feature server says no in three forms: its own errors as a JSON string that holds JSON, malformed
 * requests as `{"detail": […]}`, everything else as a plain JSON string.
 */
export const feastWire: Wire = {
  name: "feast",
  owns: (path) => paths.has(path),
  render: (refusal) => ({ body: JSON.stringify(bodyOf(refusal)), mediaType: "application/json" }),
};

function bodyOf({ error }: Refusal): unknown {
  if (error instanceof FeastValidationError) return { detail: error.detail };
  const parts = [
    error.message,
    error.found && `Found: ${error.found}.`,
    error.expected && `Expected: ${error.expected}.`,
    error.next,
  ];
  const message = parts.filter(Boolean).join(" ");
  if (!(error instanceof FeastError)) return message;
  return JSON.stringify({ module: "feast.errors", class: error.className, message });
}
