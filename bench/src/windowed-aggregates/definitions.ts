import { join } from "node:path";
import { count, entity, max, mean, min, minutes, parquet, plan, source, std, sum, t, view } from "@pawl/core";
import type { FillRequest } from "@pawl/history";

const airport = entity("airport", { key: t.string });

const flights = source("flights", {
  columns: { departure: t.timestamp, origin: airport, destination: airport, distance: t.int, delay: t.int },
  eventTime: "departure",
  knownTime: (f) => f.departure.plus(minutes(f.distance.times(0.12).plus(40).plus(f.delay))),
  from: parquet("facts.parquet"),
});

const departures = flights.by("origin").features((f) => ({
  landed_1h: count().over("1h"),
  delay_mean_1h: mean(f.delay).over("1h"),
  late_share_1h: mean(f.delay.gt(15)).over("1h"),
  worst_delay_1h: max(f.delay).over("1h"),
  landed_3h: count().over("3h"),
  delay_mean_3h: mean(f.delay).over("3h"),
  delay_std_3h: std(f.delay).over("3h"),
  late_share_3h: mean(f.delay.gt(15)).over("3h"),
  worst_delay_3h: max(f.delay).over("3h"),
  best_delay_3h: min(f.delay).over("3h"),
  landed_1d: count().over("1d"),
  delay_mean_1d: mean(f.delay).over("1d"),
  delay_std_1d: std(f.delay).over("1d"),
  late_share_1d: mean(f.delay.gt(15)).over("1d"),
  landed_7d: count().over("7d"),
  delay_mean_7d: mean(f.delay).over("7d"),
  late_share_7d: mean(f.delay.gt(15)).over("7d"),
  distance_sum_7d: sum(f.distance).over("7d"),
}));

const arrivals = flights.by("destination").features((f) => ({
  delay_mean_3h: mean(f.delay).over("3h"),
  late_share_1d: mean(f.delay.gt(15)).over("1d"),
}));

const board = view("board", {
  spine: { departure: t.timestamp, origin: airport, destination: airport },
  items: [departures, arrivals],
});

/** The names of the twenty features, in order. */
export const featureNames: readonly string[] = board.columns.map(({ name }) => name);

/** The request that the peers' queries amount to. */
export function windowsRequest(data: string): FillRequest {
  return {
    plan: plan(board, new Map([departures, arrivals].map((group) => [group.name, group]))),
    spine: {
      kind: "file",
      location: parquet(join(data, "spine.parquet")),
      columns: { departure: "timestamp", origin: "string", destination: "string" },
    },
    asOf: "departure",
  };
}
