import type { Scalar } from "../definitions/kind.ts";
import { PawlError } from "../errors.ts";

/**
 * Values in a stored summary: text, numbers, booleans and null as they are; a bigint as
 * `{ "$bigint": "<decimal digits>" }`, since neither JSON nor every msgpack reader knows it.
 */
export function encodeScalar(value: Scalar | null): unknown {
  return typeof value === "bigint" ? { $bigint: value.toString() } : value;
}

export function decodeScalar(data: unknown): Scalar | null {
  if (data === null || typeof data === "string" || typeof data === "boolean") return data;
  if (typeof data === "number") return data;
  if (typeof data === "object" && "$bigint" in data && typeof data.$bigint === "string") {
    return BigInt(data.$bigint);
  }
  throw badSummary(data, "a value");
}

export function decodeNumber(data: unknown): number {
  if (typeof data === "number") return data;
  throw badSummary(data, "a number");
}

export function decodeArray(data: unknown): readonly unknown[] {
  if (Array.isArray(data)) return data;
  throw badSummary(data, "a list");
}

function badSummary(data: unknown, expected: string): PawlError {
  return new PawlError("bad_data", "A stored summary cannot be read.", {
    found: typeof data,
    expected,
    next: "Rebuild the state from the timeline.",
  });
}
