import { compareScalars, isListKind, type Kind, type Scalar, type Value } from "@pawl/core";

/**
 * How an actual value differs from the expected one, in words; undefined when it does not. Everything must
 * be equal (−0 and 0 are), but numbers may be `error` apart. Types count: 1 is neither 1n nor true nor "1".
 */
export function compareValues(expected: Value, actual: Value, kind: Kind, error = 0): string | undefined {
  if (same(expected, actual, error)) return undefined;
  const found = actual !== null && !isOfKind(actual, kind) ? `, which is no ${kind}` : "";
  const allowed = error > 0 ? ` ± ${error}` : "";
  return `expected ${shown(expected)}${allowed}, got ${shown(actual)}${found}`;
}

function same(expected: Value, actual: Value, error: number): boolean {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return expected.every((item: Value, i) => same(item, actual[i] as Value, error));
  }
  if (typeof expected === "number" && typeof actual === "number") {
    return expected === actual || Math.abs(expected - actual) <= error;
  }
  if (typeof expected !== typeof actual || expected === null || actual === null) return expected === actual;
  return !Array.isArray(actual) && compareScalars(expected as Scalar, actual as Scalar) === 0;
}

function isOfKind(value: Value, kind: Kind): boolean {
  if (isListKind(kind)) return Array.isArray(value);
  if (kind === "string") return typeof value === "string";
  if (kind === "bool") return typeof value === "boolean";
  return kind === "bigint" ? typeof value === "bigint" : typeof value === "number";
}

/** A value as one would write it in code. */
export function shown(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${shown(item)}`)
      .join(", ")} }`;
  }
  return JSON.stringify(value) ?? String(value);
}
