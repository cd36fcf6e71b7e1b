import { parseDuration, sees, type Window } from "@pawl/core";

/** A flight, in microseconds and minutes. */
export interface Flight {
  readonly origin: string;
  readonly destination: string;
  readonly event: number;
  readonly known: number;
  readonly delay: number;
  readonly distance: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

function deviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (values.length - 1));
}

const extreme = (values: readonly number[], of: (...values: number[]) => number): number =>
  values.length === 0 ? Number.NaN : of(...values);

/** The twenty features of one row by the letter of the first law, flight by flight: for small data. */
export function expectedWindows(
  flights: readonly Flight[],
  row: { readonly origin: string; readonly destination: string; readonly departure: number },
): number[] {
  const seen = (place: "origin" | "destination", width: string): Flight[] => {
    const window: Window = { width: parseDuration(width) };
    return flights.filter((f) => f[place] === row[place] && sees(window, f.event, f.known, row.departure));
  };
  const delays = (of: readonly Flight[]): number[] => of.map((f) => f.delay);
  const late = (of: readonly Flight[]): number => mean(of.map((f) => (f.delay > 15 ? 1 : 0)));
  const [hour, three, day, week] = ["1h", "3h", "1d", "7d"].map((width) => seen("origin", width)) as [
    Flight[],
    Flight[],
    Flight[],
    Flight[],
  ];
  const total = week.reduce((sum, f) => sum + f.distance, 0);
  return [
    hour.length,
    mean(delays(hour)),
    late(hour),
    extreme(delays(hour), Math.max),
    three.length,
    mean(delays(three)),
    deviation(delays(three)),
    late(three),
    extreme(delays(three), Math.max),
    extreme(delays(three), Math.min),
    day.length,
    mean(delays(day)),
    deviation(delays(day)),
    late(day),
    week.length,
    mean(delays(week)),
    late(week),
    week.length === 0 ? Number.NaN : total,
    mean(delays(seen("destination", "3h"))),
    late(seen("destination", "1d")),
  ];
}
