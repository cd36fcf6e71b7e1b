import { parseJson } from "../http/body.ts";

/** A string, or a whole number with so many digits that a double may not hold it. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/**
 * JSON in which whole numbers beyond 2⁵³ arrive as decimal text: JavaScript's own parser rounds them, and
 * keys of other systems are often that long. Smaller numbers stay numbers.
 */
export function parseLossless(text: string): unknown {
  if (!/\d{16}/.test(text)) return parseJson(text);
  const kept = text.replace(tokens, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`,
  );
  return parseJson(kept);
}

/** JSON with whole numbers of any length written as they are. */
export function losslessJson(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => losslessJson(item)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${losslessJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
