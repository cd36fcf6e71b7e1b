import type { CalendarPart } from "@pawl/core";
import { text } from "../engine/sql.ts";

/** Each part of a local TIMESTAMP. */
const parts: { readonly [P in CalendarPart]: (local: string) => string } = {
  minuteOfHour: (local) => `minute(${local})`,
  hourOfDay: (local) => `hour(${local})`,
  minuteOfDay: (local) => `hour(${local}) * 60 + minute(${local})`,
  dayOfWeek: (local) => `isodow(${local})`,
  hourOfWeek: (local) => `(isodow(${local}) - 1) * 24 + hour(${local})`,
  dayOfMonth: (local) => `day(${local})`,
  dayOfYear: (local) => `dayofyear(${local})`,
  weekOfYear: (local) => `week(${local})`,
  month: (local) => `month(${local})`,
  quarter: (local) => `quarter(${local})`,
  year: (local) => `year(${local})`,
  isWeekend: (local) => `(isodow(${local}) >= 6)::INTEGER`,
};

export function isCalendarPart(part: string): part is CalendarPart {
  return Object.hasOwn(parts, part);
}

/** A part of a moment (µs, DOUBLE) on the wall in `zone`, as DOUBLE; null beyond ±2⁵³ µs. */
export function calendarSql(part: string, at: string, zone: string): string {
  if (!isCalendarPart(part)) return "NULL::DOUBLE";
  const micros = `floor(${at})::BIGINT`;
  const local =
    zone === "UTC" ? `make_timestamp(${micros})` : `timezone(${text(zone)}, make_timestamptz(${micros}))`;
  return `CASE WHEN abs(${at}) <= 9007199254740991 THEN (${parts[part](local)})::DOUBLE END`;
}
