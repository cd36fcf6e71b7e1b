// Checked by `npm run check`: every line marked must fail to compile, every other must not.
import {
  catalog,
  constant,
  count,
  entity,
  hourOfDay,
  last,
  lastN,
  max,
  mean,
  minutes,
  model,
  onDemand,
  since,
  source,
  sum,
  t,
  view,
} from "./index.ts";

const airport = entity("airport", { key: t.string });

const flights = source("flights", {
  columns: {
    departure: t.timestamp,
    origin: airport,
    destination: airport,
    distance: t.int,
    delay: t.int,
  },
  eventTime: "departure",
  knownTime: (f) => f.departure.plus(minutes(f.distance.times(0.12).plus(40).plus(f.delay))),
});

const departures = flights.by("origin").features((f) => ({
  delay_mean_3h: mean(f.delay).over("3h"),
  late_share_1d: mean(f.delay.gt(15)).over("1d"),
  minutes_since_last: since(last(f.departure)),
  worst_delay_7d: max(f.delay).over("7d"),
  last_three: lastN(f.destination, 3),
}));
const arrivals = flights
  .by("destination")
  .features((f) => ({ landed_1h: count().where(f.delay.gt(0)).over("1h") }));

const isLate = model("is_late", {
  spine: flights,
  asOf: "departure",
  label: (f) => f.delay.gt(15),
  view: [departures, arrivals.on("origin"), hourOfDay("departure"), "distance"],
});

const worth = model("worth", {
  spine: flights,
  asOf: "departure",
  label: (f) => f.delay,
  view: [isLate, "distance"],
});
export const relative: number | null = ({} as NonNullable<typeof worth.view.valuesType>)[
  "is_late.prediction"
];
view("v", { spine: flights, items: [{ doubled: isLate.f.prediction.times(2) }] });
// @ts-expect-error a model has no other feature
export const other = isLate.f.probability;

type Values = NonNullable<typeof isLate.view.valuesType>;
type Expect<T extends true> = T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export type Proofs = [
  Expect<Same<Values["flights_by_origin.delay_mean_3h"], number | null>>,
  Expect<Same<Values["flights_by_origin.last_three"], readonly string[] | null>>,
  Expect<Same<Values["distance"], number | null>>,
];

// @ts-expect-error no such column
flights.by("carrier");
// @ts-expect-error text has no mean
flights.by("origin").features((f) => ({ x: mean(f.destination) }));
// @ts-expect-error a moment is not a number
flights.by("origin").features((f) => ({ x: sum(f.departure) }));
// @ts-expect-error no such column in the fact
flights.by("origin").features((f) => ({ x: sum(f.carrier) }));
// @ts-expect-error recency is of a moment
flights.by("origin").features((f) => ({ x: since(last(f.delay)) }));
// @ts-expect-error a comparison with text
flights.by("origin").features((f) => ({ x: count().where(f.delay.gt("15")) }));
// @ts-expect-error a condition is a yes or no
flights.by("origin").features((f) => ({ x: count().where(f.delay) }));
// @ts-expect-error eventTime is a timestamp column
source("bad", { columns: { at: t.timestamp, n: t.int }, eventTime: "n" });
// @ts-expect-error no such feature
departures.pick("delay_mean_4h");
// @ts-expect-error no such feature
export const missing = departures.f.delay_mean_4h;
// @ts-expect-error not a column of the spine
view("v", { spine: flights, items: ["carrier"] });
// @ts-expect-error a calendar encoding is of a timestamp column
view("v", { spine: flights, items: [hourOfDay("distance")] });
// @ts-expect-error asOf is a timestamp column
model("m", { spine: flights, asOf: "distance", label: (f) => f.delay.gt(15), view: ["distance"] });
// @ts-expect-error a moment cannot be learned
model("m", { spine: flights, asOf: "departure", label: (f) => f.departure, view: ["distance"] });

onDemand("ratio", { inputs: { a: departures.f.delay_mean_3h }, returns: t.float }, (row) =>
  row.a === null ? null : row.a * 2,
);
// @ts-expect-error the function returns what it says
onDemand("ratio", { inputs: { a: departures.f.delay_mean_3h }, returns: t.float }, () => "text");
// @ts-expect-error text is not multiplied
constant("a").times(2);

catalog([isLate]);
