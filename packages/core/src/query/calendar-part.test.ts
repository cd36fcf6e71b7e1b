import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarParts } from "../definitions/calendar.ts";
import { parseInstant } from "../time/instant.ts";
import { calendarPart } from "./calendar-part.ts";

const all = (moment: string, zone: string): Record<string, number | null> =>
  Object.fromEntries(calendarParts.map((part) => [part, calendarPart(part, zone)(parseInstant(moment))]));

describe("calendarPart", () => {
  it("reads a moment in UTC", () => {
    expect(all("2024-12-30T23:59:59.999999Z", "UTC")).toEqual({
      minuteOfHour: 59,
      hourOfDay: 23,
      minuteOfDay: 1439,
      dayOfWeek: 1,
      hourOfWeek: 23,
      dayOfMonth: 30,
      dayOfYear: 365,
      weekOfYear: 1,
      month: 12,
      quarter: 4,
      year: 2024,
      isWeekend: 0,
    });
  });

  it("reads the same moment in another zone, on another day", () => {
    expect(all("2024-12-30T23:59:59Z", "Asia/Kathmandu")).toMatchObject({
      minuteOfHour: 44,
      hourOfDay: 5,
      dayOfWeek: 2,
      dayOfMonth: 31,
    });
  });

  it.each([
    ["2024-03-31T00:59:59Z", 1],
    ["2024-03-31T01:00:00Z", 3],
    ["2024-10-27T00:59:59Z", 2],
    ["2024-10-27T01:00:00Z", 2],
    ["2024-10-27T02:00:00Z", 3],
  ])("follows daylight saving: %s is %i h in Berlin", (moment, hour) => {
    expect(calendarPart("hourOfDay", "Europe/Berlin")(parseInstant(moment))).toBe(hour);
  });

  it("follows changes within an hour", () => {
    // Monrovia left its own time (UTC−0:44:30) for UTC at 00:44:30 on 1972-01-07.
    const monrovia = calendarPart("minuteOfDay", "Africa/Monrovia");
    expect(monrovia(parseInstant("1972-01-07T00:44:29Z"))).toBe(1439);
    expect(monrovia(parseInstant("1972-01-07T00:44:30Z"))).toBe(44);
    // Lord Howe Island moves its clocks by half an hour.
    const lordHowe = calendarPart("minuteOfDay", "Australia/Lord_Howe");
    expect(lordHowe(parseInstant("2024-04-06T14:59:00Z"))).toBe(119);
    expect(lordHowe(parseInstant("2024-04-06T15:00:00Z"))).toBe(90);
  });

  it("knows the ISO weeks at the turn of the year", () => {
    const week = calendarPart("weekOfYear", "UTC");
    const weeks = ["2020-12-31", "2021-01-03", "2021-01-04", "2018-12-31", "2023-01-01"].map((date) =>
      week(parseInstant(date)),
    );
    expect(weeks).toEqual([53, 53, 1, 1, 52]);
  });

  it("agrees with the Date of the platform in UTC", () => {
    const range = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
    fc.assert(
      fc.property(fc.integer(range), (at) => {
        const date = new Date(Math.floor(at / 1000));
        const read = (part: string): number | null => calendarPart(part, "UTC")(at);
        expect(read("year")).toBe(date.getUTCFullYear());
        expect(read("month")).toBe(date.getUTCMonth() + 1);
        expect(read("dayOfMonth")).toBe(date.getUTCDate());
        expect((read("dayOfWeek") ?? 0) % 7).toBe(date.getUTCDay());
        expect(read("hourOfDay")).toBe(date.getUTCHours());
        expect(read("minuteOfHour")).toBe(date.getUTCMinutes());
      }),
    );
  });

  it("says nothing of moments too far away", () => {
    expect(calendarPart("year", "Europe/Berlin")(1e30)).toBe(null);
  });
});
