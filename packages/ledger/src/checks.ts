import { PawlError } from "@pawl/core";

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A name people type: 1 to `max` characters. */
export function checkName(what: string, value: unknown, max = 250): asserts value is string {
  if (typeof value === "string" && value.length > 0 && value.length <= max) return;
  throw new PawlError("invalid_input", `The ${what} is not usable.`, {
    found: typeof value === "string" && value.length > max ? `${value.length} characters` : shown(value),
    expected: `text of 1 to ${max} characters`,
    next: `Give another ${what}.`,
  });
}

/** SHA-256 as 64 lower-case hex digits. */
export function checkHash(what: string, value: unknown): asserts value is string {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return;
  throw new PawlError("invalid_input", `The ${what} is not a SHA-256 hash.`, {
    found: shown(value),
    expected: "64 lower-case hex digits",
    next: "Pass the hash as it was computed.",
  });
}

/** A whole number that JS carries exactly, from `least` on. */
export function checkWhole(what: string, value: unknown, least = 0): asserts value is number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return;
  throw new PawlError("invalid_input", `The ${what} is not usable.`, {
    found: shown(value),
    expected: least === Number.MIN_SAFE_INTEGER ? "a whole number" : `a whole number, ${least} or more`,
    next: `Give another ${what}.`,
  });
}

/** Text of at most `max` characters. */
export function checkText(what: string, value: unknown, max: number): asserts value is string {
  if (typeof value === "string" && value.length <= max) return;
  throw new PawlError("invalid_input", `The ${what} is not usable.`, {
    found: typeof value === "string" ? `${value.length} characters` : shown(value),
    expected: `text of at most ${max} characters`,
    next: "Shorten it, or store it as an artifact.",
  });
}

/** Keys and values of tags; nulls, which take a tag away, only where `removal` says so. */
export function checkTags(tags: Readonly<Record<string, string | null>>, removal = false): void {
  for (const [key, value] of Object.entries(tags)) {
    checkName("tag key", key);
    if (value === null && removal) continue;
    checkText(`value of tag ${shown(key)}`, value, 8_000);
  }
}

/** Keys and values of params. */
export function checkParams(params: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(params)) {
    checkName("param key", key);
    checkText(`value of param ${shown(key)}`, value, 6_000);
  }
}

/** One of a few words. */
export function checkWord<T extends string>(
  what: string,
  value: unknown,
  words: readonly T[],
): asserts value is T {
  if (typeof value === "string" && (words as readonly string[]).includes(value)) return;
  throw new PawlError("invalid_input", `The ${what} is not known.`, {
    found: shown(value),
    expected: words.join(", "),
    next: `Choose one of these.`,
  });
}
