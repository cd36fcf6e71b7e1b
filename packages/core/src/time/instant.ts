import { PawlError } from "../errors.ts";

declare const instantBrand: unique symbol;

/**
 * A moment: whole microseconds since 1970-01-01T00:00:00Z, as a JavaScript number.
 * Exact for any year between 1685 and 2255 (|µs| ≤ 2⁵³ − 1). `asOf` never defaults to now in the core.
 */
export type Instant = number & { readonly [instantBrand]: true };

/** What a caller may give for a moment: ISO 8601 text (no offset means UTC), a Date, or an Instant. */
export type InstantInput = string | Date | Instant;

const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Whole microseconds as an Instant; refuses fractions and anything beyond ±2⁵³. */
export function instant(micros: number): Instant {
  if (!Number.isSafeInteger(micros)) {
    throw new PawlError("invalid_input", "A moment must be a whole number of microseconds.", {
      found: String(micros),
      expected: "an integer between −2⁵³ and 2⁵³",
    });
  }
  return micros as Instant;
}

/**
 * Reads a moment. Text is ISO 8601 with up to nanoseconds (digits past microseconds are cut off);
 * without an offset it is UTC. Refuses impossible dates such as 2024-02-30.
 */
export function parseInstant(input: InstantInput): Instant {
  if (typeof input === "number") return instant(input);
  if (input instanceof Date) {
    const ms = input.getTime();
    if (Number.isNaN(ms)) throw badInstant("an invalid Date");
    return instant(ms * 1000);
  }
  const match = isoPattern.exec(input.trim());
  if (!match) throw badInstant(input);
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", offset] = match;
  const [h, mi, s] = [Number(hour), Number(minute), Number(second)];
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), h, mi, s);
  const back = new Date(ms);
  const real = back.getUTCMonth() === Number(month) - 1 && back.getUTCDate() === Number(day);
  if (!real || h > 23 || mi > 59 || s > 59) throw badInstant(input);
  const micros = Number(fraction.padEnd(6, "0").slice(0, 6));
  return instant(ms * 1000 + micros - offsetMicros(offset));
}

function offsetMicros(offset: string | undefined): number {
  if (offset === undefined || offset.toUpperCase() === "Z") return 0;
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (offset.startsWith("-") ? -1 : 1) * minutes * 60_000_000;
}

function badInstant(found: string): PawlError {
  return new PawlError("invalid_input", "This is not a moment in time.", {
    found,
    expected: "ISO 8601, such as 2001-05-01T08:30:00Z",
    next: "Write the moment as date and time; without an offset it is read as UTC.",
  });
}

/** ISO 8601 in UTC with as many fractional digits as the moment has (0, 3 or 6). */
export function formatInstant(at: Instant): string {
  const micros = ((at % 1000) + 1000) % 1000;
  const iso = new Date((at - micros) / 1000).toISOString();
  if (micros !== 0) return `${iso.slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
  return iso.endsWith(".000Z") ? `${iso.slice(0, -5)}Z` : iso;
}
