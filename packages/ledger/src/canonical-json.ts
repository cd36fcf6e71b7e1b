import { PawlError } from "@pawl/core";

/**
 * JSON text that is equal exactly when the value is: keys in code-unit order, no spaces, absent members
 * left out. What JSON cannot carry (NaN, functions, dates as objects) is refused with `invalid_input`.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && isPlain(value)) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  throw new PawlError("invalid_input", "A value cannot be written as JSON.", {
    found: typeof value === "object" ? `an object of class ${value?.constructor?.name}` : String(value),
    expected: "text, finite numbers, truth values, null, lists and plain objects of these",
    next: "Convert it first, for example a time to microseconds.",
  });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
