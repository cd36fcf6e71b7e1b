import { PawlError } from "../errors.ts";

declare const durationBrand: unique symbol;

/** A length of time in whole microseconds. Days are 24 hours: windows do not know time zones. */
export type Duration = number & { readonly [durationBrand]: true };

export const timeUnits = {
  microseconds: 1,
  milliseconds: 1_000,
  seconds: 1_000_000,
  minutes: 60_000_000,
  hours: 3_600_000_000,
  days: 86_400_000_000,
  weeks: 604_800_000_000,
} as const;

export type TimeUnit = keyof typeof timeUnits;

const suffixes: readonly (readonly [string, TimeUnit])[] = [
  ["w", "weeks"],
  ["d", "days"],
  ["h", "hours"],
  ["m", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
];

/** Text such as "3h", "1d12h" or "500ms". */
export type DurationText = `${number}${"w" | "d" | "h" | "m" | "s" | "ms" | "us"}` | (string & {});

/** Reads "90m", "1d 12h", "1.5h"; parts add up. Zero and negative lengths are refused unless `allowZero`. */
export function parseDuration(text: DurationText, options: { allowZero?: boolean } = {}): Duration {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|us|w|d|h|m|s)\s*/gy)];
  const consumed = parts.reduce((n, part) => n + part[0].length, 0);
  let micros = 0;
  for (const [, amount, suffix] of parts) {
    const unit = suffixes.find(([s]) => s === suffix)?.[1] ?? "microseconds";
    micros += Number(amount) * timeUnits[unit];
  }
  const positive = micros > 0 || (options.allowZero === true && micros === 0);
  if (parts.length === 0 || consumed !== text.length || !Number.isSafeInteger(micros) || !positive) {
    throw new PawlError("invalid_input", "This is not a length of time.", {
      found: JSON.stringify(text),
      expected: 'a positive amount with a unit, such as "3h", "90m", "7d" or "1d12h"',
    });
  }
  return micros as Duration;
}

/** The shortest exact text: 5_400_000_000 → "1h30m". */
export function formatDuration(duration: Duration): string {
  let rest = Math.abs(duration);
  let text = "";
  for (const [suffix, unit] of suffixes) {
    const amount = Math.floor(rest / timeUnits[unit]);
    if (amount > 0) text += `${amount}${suffix}`;
    rest -= amount * timeUnits[unit];
  }
  return text === "" ? "0s" : (duration < 0 ? "-" : "") + text;
}
