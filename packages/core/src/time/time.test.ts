import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { civilDate, isoWeekday, newYear } from "./civil.ts";
import { type Duration, formatDuration, parseDuration } from "./duration.ts";
import { formatInstant, instant, parseInstant } from "./instant.ts";
import { closes, opens, sees, type Window } from "./window.ts";
import { checkZone, zoneOffset } from "./zone.ts";

const moment = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

describe("durations", () => {
  it.each([
    ["3h", 10_800_000_000],
    ["180m", 10_800_000_000],
    ["1d 12h", 129_600_000_000],
    ["1.5h", 5_400_000_000],
    ["500ms", 500_000],
    ["7us", 7],
    ["2w", 1_209_600_000_000],
  ])("reads %s", (text, micros) => {
    expect(parseDuration(text)).toBe(micros);
  });

  it.each(["", "3", "h", "3 hours", "-3h", "0s", "1e3s", "0.1us", "3h!", "99999999999w"])(
    "refuses %j",
    (text) => {
      expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "invalid_input" }));
    },
  );

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (micros) => {
        expect(parseDuration(formatDuration(micros as Duration))).toBe(micros);
      }),
    );
    expect(parseDuration("0s", { allowZero: true })).toBe(0);
    expect(formatDuration(0 as Duration)).toBe("0s");
  });
});

describe("moments", () => {
  it.each([
    ["1970-01-01", 0],
    ["1970-01-01T00:00:01Z", 1_000_000],
    ["1970-01-01 00:00:00.000001", 1],
    ["1970-01-01T01:00:00+01:00", 0],
    ["1969-12-31T23:59:59.9999999Z", -1],
    ["1970-01-01T00:30-0030", 3_600_000_000],
    ["2001-05-01T08:30:00Z", 988_705_800_000_000],
  ])("reads %s", (text, micros) => {
    expect(parseInstant(text)).toBe(micros);
  });

  it.each(["", "now", "2024-02-30", "2024-13-01", "2024-01-01T24:00:00Z", "2024-01-01T12:60Z", "24-01-01"])(
    "refuses %j",
    (text) => {
      expect(() => parseInstant(text)).toThrow(expect.objectContaining({ code: "invalid_input" }));
    },
  );

  it("refuses what is not a whole number of microseconds", () => {
    for (const bad of [0.5, Number.NaN, 2 ** 53]) expect(() => instant(bad)).toThrow("whole number");
    expect(() => parseInstant(new Date(Number.NaN))).toThrow("not a moment");
    expect(parseInstant(new Date(5))).toBe(5000);
  });

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(moment, (at) => {
        expect(parseInstant(formatInstant(instant(at)))).toBe(at);
      }),
    );
  });
});

describe("windows", () => {
  const span = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
  const window: fc.Arbitrary<Window> = fc
    .record({ width: span, lag: span, past: fc.boolean() })
    .map(({ width, lag, past }) => ({
      ...(width !== undefined && { width: width as Duration }),
      ...(lag !== undefined && { lag: lag as Duration }),
      ...(past && { past }),
    }));

  it("never see what is learned at or after asOf", () => {
    fc.assert(
      fc.property(window, fc.nat(30), fc.nat(30), fc.nat(30), (w, event, later, asOf) => {
        expect(sees(w, event, asOf + later, asOf)).toBe(false);
      }),
    );
  });

  it("open and close where they see", () => {
    fc.assert(
      fc.property(window, fc.nat(30), fc.nat(30), fc.nat(60), (w, event, known, asOf) => {
        expect(opens(w, event, known) < asOf && asOf <= closes(w, event)).toBe(sees(w, event, known, asOf));
      }),
    );
  });

  it("are closed where they begin, open where they end", () => {
    const w = { width: 10 as Duration };
    expect([sees(w, 10, 0, 20), sees(w, 9, 0, 20), sees(w, 25, 0, 20)]).toEqual([true, false, true]);
    const lagged = { width: 10 as Duration, lag: 5 as Duration };
    expect([5, 4, 14, 15].map((event) => sees(lagged, event, 0, 20))).toEqual([true, false, true, false]);
    expect([19, 20].map((event) => sees({ past: true }, event, 0, 20))).toEqual([true, false]);
  });
});

describe("the civil calendar", () => {
  it("agrees with the Date of the platform", () => {
    fc.assert(
      fc.property(fc.integer({ min: -800_000, max: 800_000 }), (days) => {
        const date = new Date(days * 86_400_000);
        const { year, month, day } = civilDate(days);
        expect([year, month - 1, day]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth(),
          date.getUTCDate(),
        ]);
        expect(isoWeekday(days) % 7).toBe(date.getUTCDay());
        expect(civilDate(newYear(year))).toEqual({ year, month: 1, day: 1 });
      }),
    );
  });
});

describe("zones", () => {
  it.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])("knows %s", (zone) => {
    expect(checkZone(zone)).toBeUndefined();
  });

  it.each(["", "Mars/Olympus", "+02:00", "Europe/berlin!"])("refuses %j", (zone) => {
    expect(() => checkZone(zone)).toThrow(expect.objectContaining({ code: "invalid_definition" }));
    expect(() => zoneOffset(zone)).toThrow("not a time zone");
  });

  it("gives the offset of the moment", () => {
    const newYork = zoneOffset("America/New_York");
    expect(newYork(parseInstant("2024-01-15T12:00:00Z"))).toBe(-5 * 3_600_000_000);
    expect(newYork(parseInstant("2024-07-15T12:00:00Z"))).toBe(-4 * 3_600_000_000);
    expect(newYork(parseInstant("2024-07-15T12:30:00.000001Z"))).toBe(-4 * 3_600_000_000);
  });
});
