import { PawlError } from "../errors.ts";

const hour = 3_600_000_000;
const second = 1_000_000;

/** Refuses anything but UTC and the names of the IANA time zone database, such as "Europe/Berlin". */
export function checkZone(zone: string): void {
  if (/^[A-Za-z]/.test(zone)) {
    try {
      formatter(zone);
      return;
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
    }
  }
  throw new PawlError("invalid_definition", "This is not a time zone.", {
    found: JSON.stringify(zone),
    expected: 'an IANA name such as "UTC", "Europe/Berlin" or "America/Chicago"',
  });
}

const known = new Map<string, (at: number) => number>();

/**
 * What to add to a moment (µs) to read its local time as if it were UTC. Daylight saving and past changes
 * are those of the platform's own zone data (`Intl`). Moments must lie within ±2⁵³ µs.
 */
export function zoneOffset(zone: string): (at: number) => number {
  let offset = known.get(zone);
  if (!offset) {
    checkZone(zone);
    offset = zone === "UTC" ? () => 0 : hourlyCached(zone);
    known.set(zone, offset);
  }
  return offset;
}

/** Asking `Intl` takes microseconds, so each hour without a change of offset is asked about once. */
function hourlyCached(zone: string): (at: number) => number {
  const format = formatter(zone);
  const hours = new Map<number, number | "changes">();
  const look = (index: number): number | "changes" => {
    const start = localOffset(format, index * hour);
    const found = start === localOffset(format, (index + 1) * hour) ? start : "changes";
    if (hours.size >= 200_000) hours.clear();
    hours.set(index, found);
    return found;
  };
  return (at) => {
    const index = Math.floor(at / hour);
    const offset = hours.get(index) ?? look(index);
    return offset === "changes" ? localOffset(format, at) : offset;
  };
}

function localOffset(format: Intl.DateTimeFormat, at: number): number {
  const seconds = Math.floor(at / second);
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(seconds * 1000)) part[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second: s = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, s) * 1000 - seconds * second;
}

function formatter(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}
