import type { CalendarPart } from "../definitions/calendar.ts";
import { PawlError } from "../errors.ts";
import { civilDate, isoWeek, isoWeekday, newYear } from "../time/civil.ts";
import { zoneOffset } from "../time/zone.ts";

const minute = 60_000_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Each part from the local day (days since 1970-01-01) and the µs since its midnight. */
const parts: { readonly [P in CalendarPart]: (days: number, time: number) => number } = {
  minuteOfHour: (_, time) => Math.floor(time / minute) % 60,
  hourOfDay: (_, time) => Math.floor(time / hour),
  minuteOfDay: (_, time) => Math.floor(time / minute),
  dayOfWeek: (days) => isoWeekday(days),
  hourOfWeek: (days, time) => (isoWeekday(days) - 1) * 24 + Math.floor(time / hour),
  dayOfMonth: (days) => civilDate(days).day,
  dayOfYear: (days) => days - newYear(civilDate(days).year) + 1,
  weekOfYear: (days) => isoWeek(days),
  month: (days) => civilDate(days).month,
  quarter: (days) => Math.ceil(civilDate(days).month / 3),
  year: (days) => civilDate(days).year,
  isWeekend: (days) => (isoWeekday(days) >= 6 ? 1 : 0),
};

/**
 * What a calendar on the wall in `zone` says of a moment. Monday is 1, hourOfWeek starts at 0 with Monday's
 * midnight, dayOfYear at 1, weeks are ISO 8601, isWeekend is 0 or 1. Null for moments beyond ±2⁵³ µs.
 */
export function calendarPart(part: string, zone: string): (at: number) => number | null {
  if (!Object.hasOwn(parts, part)) {
    throw new PawlError("invalid_definition", `The calendar has no "${part}".`, {
      found: part,
      expected: Object.keys(parts).join(", "),
    });
  }
  const read = parts[part as CalendarPart];
  const offset = zoneOffset(zone);
  return (at) => {
    if (at > Number.MAX_SAFE_INTEGER || at < -Number.MAX_SAFE_INTEGER) return null;
    const local = at + offset(at);
    const days = Math.floor(local / day);
    return read(days, local - days * day);
  };
}
