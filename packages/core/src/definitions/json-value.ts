import { PawlError } from "../errors.ts";
import { formatInstant, parseInstant } from "../time/instant.ts";
import { isListKind, elementKind, type Kind, type Scalar, type ScalarKind, type Value } from "./kind.ts";

/** A value as JSON carries it: moments as ISO 8601 text, bigints as decimal text, durations as microseconds. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[];

/** What a caller may hand over for a value: JSON, or the JavaScript types behind it. */
export type GivenValue = JsonValue | bigint | Date | undefined;

/**
 * Reads one given value as a kind. Undefined and null are null; NaN and ±∞ of a float are null. Nothing is
 * guessed: text is no number, 1.5 is no int. Throws `invalid_input`, naming `place`.
 */
export function readValue(kind: ScalarKind, given: GivenValue, place: string): Scalar | null {
  if (given === undefined || given === null) return null;
  switch (kind) {
    case "string":
      if (typeof given === "string") return given;
      break;
    case "bool":
      if (typeof given === "boolean") return given;
      break;
    case "float":
      if (typeof given === "number") return Number.isFinite(given) ? given : null;
      break;
    case "int":
    case "duration":
      if (typeof given === "number" && Number.isSafeInteger(given)) return given;
      break;
    case "bigint": {
      const whole = readBigint(given);
      if (whole !== undefined) return whole;
      break;
    }
    case "timestamp":
      if (typeof given === "string" || given instanceof Date) return readMoment(given, place);
      if (typeof given === "number" && Number.isSafeInteger(given)) return given;
      break;
  }
  throw new PawlError("invalid_input", `${place} has the wrong type.`, {
    found: `${describe(given)} (${typeof given})`,
    expected: expectations[kind],
    details: { place },
  });
}

const expectations: { readonly [K in ScalarKind]: string } = {
  string: "text",
  bool: "true or false",
  float: "a number",
  int: "a whole number, at most 2⁵³ − 1 (use t.bigint for longer identifiers)",
  duration: "a whole number of microseconds",
  bigint: "a whole number of 64 bits, as decimal text beyond 2⁵³",
  timestamp: "a moment, such as 2001-05-01T08:30:00Z, or whole microseconds since 1970",
};

const limit = 2n ** 63n;

function readBigint(given: GivenValue): bigint | undefined {
  const integral =
    typeof given === "bigint" ||
    (typeof given === "number" && Number.isSafeInteger(given)) ||
    (typeof given === "string" && /^-?\d{1,19}$/.test(given));
  if (!integral) return undefined;
  const value = BigInt(given as string | number | bigint);
  return value >= -limit && value < limit ? value : undefined;
}

function readMoment(given: string | Date, place: string): number {
  try {
    return parseInstant(given);
  } catch (thrown) {
    if (!(thrown instanceof PawlError)) throw thrown;
    throw new PawlError("invalid_input", `${place} is not a moment in time.`, {
      found: describe(given),
      expected: expectations.timestamp,
      details: { place },
      cause: thrown,
    });
  }
}

function describe(given: GivenValue): string {
  const text =
    typeof given === "bigint" ? `${given}n` : given instanceof Date ? String(given) : JSON.stringify(given);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A value as JSON, the inverse of `readValue`. */
export function writeValue(kind: Kind, value: Value): JsonValue {
  if (value === null) return null;
  if (isListKind(kind)) {
    const element = elementKind(kind);
    return (value as readonly (Scalar | null)[]).map((item) => writeValue(element, item));
  }
  if (typeof value === "bigint") return value.toString();
  if (kind === "timestamp") return formatInstant(value as Parameters<typeof formatInstant>[0]);
  return value as JsonValue;
}
