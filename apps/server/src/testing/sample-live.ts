import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog, count, entity, instant, last, lastN, mean, source, t, view } from "@pawl/core";
import { openPresent, type Present } from "@pawl/present";
import type { Live } from "../live/live.ts";

const driver = entity("driver", { key: t.bigint });

const trips = source("trips", {
  columns: { at: t.timestamp, trip: t.int, driver, fare: t.float, city: t.string, late: t.bool },
  eventTime: "at",
  key: ["trip"],
});

const driving = trips.by("driver").features((f) => ({
  trips_1d: count().over("1d"),
  fare_mean_1d: mean(f.fare).over("1d"),
  last_at: last(f.at),
  last_cities: lastN(f.city, 2),
}));

const cities = trips
  .by("city")
  .features((f) => ({ trips_1d: count().over("1d"), fare_mean_1d: mean(f.fare).over("1d") }));

const tripBoard = view("trip_board", { spine: trips, items: [driving, cities, "fare"] });

export interface SampleLive extends Live {
  readonly present: Present;
  /** Sources that were caught up with, in order. */
  readonly caughtUp: string[];
  close(): Promise<void>;
}

/** A real present on disk with a source, two groups and a view; its clock stands at noon of 1 May 2001. */
export async function sampleLive(): Promise<SampleLive> {
  const folder = await mkdtemp(join(tmpdir(), "pawl-live-"));
  const known = catalog([trips, tripBoard]);
  const noon = Date.UTC(2001, 4, 1, 12) * 1000;
  const present = await openPresent({ directory: folder, catalog: known, clock: () => instant(noon) });
  const caughtUp: string[] = [];
  return {
    catalog: known,
    present,
    caughtUp,
    catchUp: async (name) => void caughtUp.push(name),
    async close() {
      await present.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
