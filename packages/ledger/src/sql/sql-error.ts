import { type ErrorCode, PawlError } from "@pawl/core";

interface DriverError extends Error {
  readonly code: string;
}

function isDriverError(thrown: unknown): thrown is DriverError {
  return (
    thrown instanceof Error &&
    "code" in thrown &&
    typeof thrown.code === "string" &&
    thrown.code.startsWith("SQLITE_")
  );
}

export function isBusy(thrown: unknown): boolean {
  return isDriverError(thrown) && /^SQLITE_(BUSY|LOCKED)/.test(thrown.code);
}

/** What the driver's codes mean to a person, most particular first. */
const meanings: readonly (readonly [prefix: string, code: ErrorCode, message: string, next: string])[] = [
  [
    "SQLITE_FULL",
    "exhausted",
    "The disk under the ledger is full; nothing was changed.",
    "Free space, then repeat.",
  ],
  [
    "SQLITE_BUSY",
    "unavailable",
    "Another process kept the ledger to itself for too long; nothing was changed.",
    "Repeat, or end the other process.",
  ],
  [
    "SQLITE_NOTADB",
    "bad_data",
    "The file is not a ledger.",
    "Give the path of a ledger, or of a file that does not exist yet.",
  ],
  [
    "SQLITE_CORRUPT",
    "bad_data",
    "The ledger's file is damaged.",
    "Restore a copy, or replay the timeline of one into a new ledger.",
  ],
  [
    "SQLITE_CANTOPEN",
    "unavailable",
    "The ledger's file cannot be opened.",
    "Check that its folder exists and may be written.",
  ],
  [
    "SQLITE_READONLY",
    "unavailable",
    "The ledger's file may not be written.",
    "Check the rights of the file and of its folder.",
  ],
  [
    "SQLITE_IOERR",
    "unavailable",
    "The disk under the ledger did not answer as it must.",
    "Check the disk, then repeat.",
  ],
  [
    "SQLITE_CONSTRAINT",
    "internal",
    "The ledger refused a row that breaks its schema; nothing was changed.",
    "Please report this: it should have been refused earlier and in clearer words.",
  ],
];

/** Anything the driver threw as a PawlError; other errors unchanged. */
export function sqlError(thrown: unknown, sql?: string): unknown {
  if (!isDriverError(thrown)) return thrown;
  const meaning = meanings.find(([prefix]) => thrown.code.startsWith(prefix));
  const details = { driver: thrown.code, ...(sql !== undefined && { sql }) };
  if (meaning === undefined) {
    return new PawlError("internal", `The ledger's database refused a statement: ${thrown.message}`, {
      details,
      cause: thrown,
    });
  }
  const [, code, message, next] = meaning;
  return new PawlError(code, message, { found: thrown.message, next, details, cause: thrown });
}
