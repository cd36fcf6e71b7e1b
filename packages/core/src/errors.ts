/**
 * Every way Pawl can refuse, one literal code each. The core knows nothing of HTTP or exit codes:
 * the server and the CLI each hold one table from these codes to their own statuses.
 */
export const errorCodes = [
  /** The caller gave something of the wrong form or type. */
  "invalid_input",
  /** A definition contradicts itself: unknown column, cycle, wrong type. */
  "invalid_definition",
  /** A name is already taken by another meaning. */
  "definition_conflict",
  /** Nothing of that name, key or version exists. */
  "not_found",
  /** The engine, store or trainer cannot do this; said before it runs. */
  "unsupported",
  /** Data read from a source breaks its declaration or is not readable at all. */
  "bad_data",
  /** There is too little or too uniform data to do what was asked. */
  "insufficient_data",
  /** The state of the thing does not allow this now. */
  "conflict",
  /** The caller stopped it. */
  "cancelled",
  /** Disk, memory, queue or budget is used up. */
  "exhausted",
  /** The caller is not who they must be. */
  "unauthenticated",
  /** The caller may not do this. */
  "forbidden",
  /** A file, database or peer did not answer as it must. */
  "unavailable",
  /** A fault of ours. */
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorParts {
  /** What was found, in the user's words. */
  readonly found?: string;
  /** What was expected instead. */
  readonly expected?: string;
  /** What to do next. */
  readonly next?: string;
  /** Machine-readable particulars; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one JSON shape of an error, on every route, every `--json` and every worker message. */
export interface ErrorDocument {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly found?: string;
    readonly expected?: string;
    readonly next?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/**
 * The only error Pawl throws on purpose. `message` is one sentence; `found`, `expected` and `next`
 * complete it for a person who has to mend the cause.
 */
export class PawlError extends Error {
  override readonly name = "PawlError";
  readonly code: ErrorCode;
  readonly found: string | undefined;
  readonly expected: string | undefined;
  readonly next: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, parts: ErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.found = parts.found;
    this.expected = parts.expected;
    this.next = parts.next;
    this.details = parts.details;
  }

  toJSON(): ErrorDocument {
    const { code, message, found, expected, next, details } = this;
    return {
      error: {
        code,
        message,
        ...(found !== undefined && { found }),
        ...(expected !== undefined && { expected }),
        ...(next !== undefined && { next }),
        ...(details !== undefined && { details }),
      },
    };
  }

  /** Rebuilds an error that crossed a thread or a wire. */
  static fromJSON(document: ErrorDocument): PawlError {
    const { code, message, ...parts } = document.error;
    return new PawlError(code, message, parts);
  }
}

/** Anything thrown, as a PawlError: ours unchanged, an abort as `cancelled`, the rest as `internal`. */
export function toPawlError(thrown: unknown): PawlError {
  if (thrown instanceof PawlError) return thrown;
  if (thrown instanceof Error && thrown.name === "AbortError") {
    return new PawlError("cancelled", "Stopped on request.", { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new PawlError("internal", message, { cause: thrown });
}
