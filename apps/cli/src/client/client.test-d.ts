// Checked by `npm run check`: every line marked must fail to compile, every other must not.
import { entity, lastN, max, mean, model, source, t } from "@pawl/core";
import { createClient } from "./client.ts";

const driver = entity("driver", { key: t.bigint });
const trips = source("trips", {
  columns: { at: t.timestamp, driver, fare: t.float, city: t.string, late: t.bool },
  eventTime: "at",
});
const habits = trips.by("driver").features((f) => ({
  fare_mean_1d: mean(f.fare).over("1d"),
  last_at: max(f.at),
  cities: lastN(f.city, 3),
}));
const isLate = model("is_late", {
  spine: trips,
  asOf: "at",
  label: (f) => f.late,
  view: [habits.pick("fare_mean_1d"), "fare"],
});
type Project = { driver: typeof driver; trips: typeof trips; habits: typeof habits; isLate: typeof isLate };

const pawl = createClient<Project>({ url: "http://127.0.0.1:7295" });

export async function used(): Promise<void> {
  await pawl.predict("is_late", { driver: 9007199254740993n, fare: 12, at: new Date(0) });
  const { values } = await pawl.get("is_late", { driver: 1n });
  const fare: number | null = values["trips_by_driver.fare_mean_1d"];
  const group = await pawl.get("trips_by_driver", { driver: 1n });
  const cities: readonly string[] | null = group.values["trips_by_driver.cities"];
  const last: number | null = group.values["trips_by_driver.last_at"];
  await pawl.push("trips", [{ at: "2001-05-01T00:00:00Z", driver: 1n, fare, city: cities?.[0] ?? null }]);
  void last;

  // @ts-expect-error no such model
  await pawl.predict("is_early", { driver: 1n });
  // @ts-expect-error no such column
  await pawl.predict("is_late", { drivr: 1n });
  // @ts-expect-error a fare is a number
  await pawl.predict("is_late", { fare: "12" });
  // @ts-expect-error no such feature
  void values["trips_by_driver.fare_mean_2d"];
  // @ts-expect-error no such source
  await pawl.push("trip", []);
  // @ts-expect-error a fact's city is text
  await pawl.push("trips", [{ city: 5 }]);
}
