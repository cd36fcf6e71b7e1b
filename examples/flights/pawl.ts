// Three million flights in the United States, January to June 2001: which will land late?
// A delay is known only on landing; every feature below respects that.
import {
  count,
  dayOfWeek,
  decayedMean,
  entity,
  hourOfWeek,
  last,
  lag,
  max,
  mean,
  minuteOfDay,
  minutes,
  model,
  parquet,
  quantile,
  since,
  source,
  std,
  t,
} from "pawl";

export const airport = entity("airport", {
  key: t.string,
  description: "An airport by its three-letter IATA code.",
});

export const flights = source("flights", {
  description: "One row a flight. `delay` is minutes late on arrival; negative is early.",
  columns: {
    departure: t.timestamp,
    origin: airport,
    destination: airport,
    distance: t.int,
    delay: t.int,
  },
  eventTime: "departure",
  // Flying takes about 0.12 minutes a mile and 40 more on the ground; then the delay is known.
  knownTime: (f) => f.departure.plus(minutes(f.distance.times(0.12).plus(40).plus(f.delay))),
  from: parquet("../../node_modules/vega-datasets/data/flights-3m.parquet", {
    rename: { departure: "date" },
  }),
});

export const departures = flights.by("origin").features((f) => ({
  landed_1h: count().over("1h"),
  delay_mean_1h: mean(f.delay).over("1h"),
  delay_mean_3h: mean(f.delay).over("3h"),
  delay_mean_1d: mean(f.delay).over("1d"),
  delay_std_3h: std(f.delay).over("3h"),
  delay_p90_3h: quantile(f.delay, 0.9).over("3h"),
  worst_delay_3h: max(f.delay).over("3h"),
  late_share_2h: mean(f.delay.gt(15)).over("2h"),
  late_share_1d: mean(f.delay.gt(15)).over("1d"),
  late_share_7d: mean(f.delay.gt(15)).over("7d"),
  delay_fading_2h: decayedMean(f.delay, "2h"),
  last_delay: last(f.delay),
  minutes_since_last: since(last(f.departure)),
  delay_a_week_ago: mean(f.delay).over("3h").lagged("7d"),
  delay_yesterday: lag(f.delay, "1d"),
}));

export const arrivals = flights.by("destination").features((f) => ({
  delay_mean_1h: mean(f.delay).over("1h"),
  delay_mean_3h: mean(f.delay).over("3h"),
  worst_delay_3h: max(f.delay).over("3h"),
  late_share_2h: mean(f.delay.gt(15)).over("2h"),
  late_share_1d: mean(f.delay.gt(15)).over("1d"),
  delay_fading_2h: decayedMean(f.delay, "2h"),
}));

export const routes = flights.by("origin", "destination").features((f) => ({
  flights_28d: count().over("28d"),
  delay_mean_28d: mean(f.delay).over("28d"),
  late_share_28d: mean(f.delay.gt(15)).over("28d"),
  late_share_ever: mean(f.delay.gt(15)),
  last_late: last(f.delay.gt(15)),
}));

export const isLate = model("is_late", {
  description: "Will this flight land more than 15 minutes late? Asked at departure.",
  spine: flights,
  asOf: "departure",
  label: (f) => f.delay.gt(15),
  view: [
    departures,
    arrivals,
    routes,
    { delay_trend: departures.f.delay_mean_1h.minus(departures.f.delay_mean_1d) },
    minuteOfDay("departure"),
    hourOfWeek("departure"),
    dayOfWeek("departure"),
    "distance",
  ],
});
