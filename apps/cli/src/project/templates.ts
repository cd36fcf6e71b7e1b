export type TemplateName = "empty" | "flights";

type Files = Readonly<Record<string, string>>;

/** The files of a new project, by the template's name. */
export const templates: Readonly<Record<TemplateName, (name: string) => Files>> = {
  empty: (name) => ({
    "pawl.ts": emptyDefinitions,
    "data/README.md": emptyData,
    "package.json": manifest(name, {}),
    ".gitignore": gitignore,
    "README.md": readme(name, "Put facts into `data/` and describe them in `pawl.ts`. Then:"),
  }),
  flights: (name) => ({
    "pawl.ts": flightDefinitions,
    "data/README.md": flightData,
    "package.json": manifest(name, { "vega-datasets": "^3.2.1" }),
    ".gitignore": gitignore,
    "README.md": readme(
      name,
      "Which flights will land late? `npm install` brings three million real flights of 2001. Then:",
      "is_late",
    ),
  }),
};

const gitignore = "node_modules/\n.pawl/\n";

function manifest(name: string, dependencies: Readonly<Record<string, string>>): string {
  const safe =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, "-")
      .replaceAll(/^-+|-+$/g, "") || "pawl-project";
  return `${JSON.stringify({ name: safe, private: true, type: "module", dependencies }, null, 2)}\n`;
}

function readme(name: string, what: string, model = "<model>"): string {
  return `# ${name}

${what}

\`\`\`sh
pawl apply --plan      # what would be entered in the ledger
pawl apply             # enter it
pawl dataset ${model}  # freeze a training set, every row as of its own moment
pawl train ${model}
pawl compare ${model}
pawl serve
\`\`\`

Everything Pawl keeps of its own is in \`.pawl/\`.
`;
}

const emptyData = `# Data

Put Parquet, CSV or newline-delimited JSON files here, and name them in \`pawl.ts\`:

    from: csv("data/orders.csv")

Times without an offset are read as UTC.
`;

const emptyDefinitions = `import { count, csv, entity, mean, model, source, t } from "pawl";

/** What features describe. */
export const customer = entity("customer", { key: t.string });

/** Facts: each happened (eventTime) and was learned (knownTime; the same moment unless you say otherwise). */
export const orders = source("orders", {
  columns: { ordered: t.timestamp, customer, amount: t.float, returned: t.bool },
  eventTime: "ordered",
  from: csv("data/orders.csv"),
});

/** Features of a customer, made from orders. */
export const habits = orders.by("customer").features((f) => ({
  orders_30d: count().over("30d"),
  amount_mean_30d: mean(f.amount).over("30d"),
}));

/** A model: for each order, as of the moment it was placed, will it come back? */
export const willReturn = model("will_return", {
  spine: orders,
  asOf: "ordered",
  label: (f) => f.returned,
  view: [habits, "amount"],
});
`;

const flightData = `# Data

Three million flights within the United States, January to June 2001, from the package \`vega-datasets\`
(\`npm install\` puts them into \`node_modules/vega-datasets/data/flights-3m.parquet\`). Source: U.S. Bureau of
Transportation Statistics.
`;

const flightDefinitions = `import { count, dayOfWeek, entity, hourOfDay, mean, minutes, model, parquet, since, last, source, t } from "pawl";

export const airport = entity("airport", {
  key: t.string,
  description: "An airport by its three-letter IATA code.",
});

export const flights = source("flights", {
  description: "One row a flight. \`delay\` is minutes late on arrival; negative is early.",
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
  from: parquet("node_modules/vega-datasets/data/flights-3m.parquet", {
    rename: { departure: "date" },
  }),
});

export const departures = flights.by("origin").features((f) => ({
  landed_1h: count().over("1h"),
  delay_mean_3h: mean(f.delay).over("3h"),
  late_share_1d: mean(f.delay.gt(15)).over("1d"),
  minutes_since_last: since(last(f.departure)),
}));

export const arrivals = flights.by("destination").features((f) => ({
  delay_mean_3h: mean(f.delay).over("3h"),
  late_share_1d: mean(f.delay.gt(15)).over("1d"),
}));

export const isLate = model("is_late", {
  description: "Will this flight land more than 15 minutes late? Asked at departure.",
  spine: flights,
  asOf: "departure",
  label: (f) => f.delay.gt(15),
  view: [departures, arrivals, hourOfDay("departure"), dayOfWeek("departure"), "distance"],
});
`;
