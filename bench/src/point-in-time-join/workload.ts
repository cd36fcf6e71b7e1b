import type { Contender } from "../harness/contender.ts";
import { ensurePython } from "../harness/python.ts";
import { race } from "../harness/race.ts";
import type { Measurement, Target, Variant } from "../harness/results.ts";
import { duration, thousands } from "../harness/table.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";
import { joinFolder, type JoinSize } from "./data.ts";

const place = "point-in-time-join";
const spread = "10,000 keys";
const hot = "1,000 keys";

const pawl: Contender = { name: "Pawl", runtime: "node", script: `${place}/pawl`, sameAnswer: true };

const oneTime = "looks at eventTime only, so it uses facts before anyone knew them.";

const peers: readonly Contender[] = [
  ...(["polars", "duckdb", "pandas"] as const).flatMap((name): Contender[] => {
    const call = { polars: "Polars join_asof", duckdb: "DuckDB ASOF", pandas: "pandas merge_asof" }[name];
    const script = `${place}/${name}_join`;
    return [
      { name: `${call}, both times`, runtime: "python", script, options: { times: 2 }, sameAnswer: true },
      {
        name: `${call}, one time`,
        runtime: "python",
        script,
        options: { times: 1 },
        sameAnswer: false,
        note: oneTime,
      },
    ];
  }),
  ...["dask", "duckdb"].map(
    (store): Contender => ({
      name: `Feast, ${store} store`,
      runtime: "feast",
      script: `${place}/feast_join`,
      options: { store },
      sameAnswer: false,
      timeBox: 45,
      note: `${oneTime} Its known time only breaks ties.`,
    }),
  ),
];

const variants = (quick: boolean): readonly (readonly [string, JoinSize])[] => {
  const [spine, facts, shrink] = quick ? [2_000, 20_000, 50] : [100_000, 1_000_000, 1];
  return [
    [spread, { spine, facts, keys: 10_000 / shrink }],
    [hot, { spine, facts, keys: 1_000 / shrink }],
  ];
};

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  if (options.peers) {
    ensurePython("python", options.log);
    ensurePython("feast", options.log);
  }
  const done: Variant[] = [];
  for (const [name, size] of variants(options.quick)) {
    const data = await joinFolder(size);
    options.log(`  ${name}`);
    const hurried = peers.map((peer) =>
      options.quick && peer.timeBox !== undefined ? { ...peer, timeBox: 10 } : peer,
    );
    const contenders = options.peers ? [pawl, ...hurried] : [pawl];
    const measurements = await race(contenders, { ...options, data, limit: 60, tolerance: 0 });
    done.push({ name, rows: size.spine, measurements });
  }
  return done;
}

function targets(found: readonly Variant[]): readonly Target[] {
  const made: Target[] = [];
  const medianOf = (variant: string, contender: string): Measurement | undefined =>
    found.find(({ name }) => name === variant)?.measurements.find((m) => m.contender === contender);
  const [wide, narrow] = [medianOf(spread, "Pawl"), medianOf(hot, "Pawl")];
  const rows = found[0]?.rows ?? 0;
  if (!wide?.median || !narrow?.median) return made;
  const rate = rows / Math.max(wide.median, narrow.median);
  made.push({ text: "at least 300,000 rows/s", found: `${thousands(rate)} rows/s`, met: rate >= 300_000 });
  const peak = Math.max(wide.peakBytes ?? 0, narrow.peakBytes ?? 0) / 2 ** 20;
  made.push({ text: "less than 1 GB", found: `${Math.round(peak)} MB`, met: peak < 1024 });
  made.push({
    text: "no slower with a tenth of the keys",
    found: `${duration(wide.median)}, then ${duration(narrow.median)}`,
    // Medians of equal work differ by some percent from one moment to the next.
    met: narrow.median <= wide.median * 1.1,
  });
  for (const [variant, ours] of [
    [spread, wide],
    [hot, narrow],
  ] as const) {
    const polars = medianOf(variant, "Polars join_asof, both times")?.median;
    if (polars) {
      const ratio = (ours.median ?? 0) / polars;
      made.push({
        text: `within 1.5 × Polars join_asof (both times, ${variant})`,
        found: `${ratio.toFixed(2)} ×`,
        met: ratio <= 1.5,
      });
    }
    const duckdb = medianOf(variant, "DuckDB ASOF, both times")?.median;
    if (duckdb) {
      const ratio = (ours.median ?? 0) / duckdb;
      made.push({
        text: `faster than DuckDB ASOF (both times, ${variant})`,
        found: `${ratio.toFixed(2)} ×`,
        met: ratio < 1,
      });
    }
  }
  return made;
}

export const pointInTimeJoin: Workload = {
  name: place,
  about:
    "A training set of 100,000 rows with the latest values of 10 features from 1,000,000 facts that arrive " +
    "late and out of order: for each row, the fact that happened last among those known before its moment.",
  method:
    "Two Parquet files in, ten columns in memory out, in the order of the spine. The spine has duplicates, " +
    "keys without facts and moments at which a fact is just becoming known. *Both times* is what a careful " +
    "engineer writes; *one time* is the usual as-of join, timed as a reference, with the rows it gets wrong.",
  run,
  targets,
};
