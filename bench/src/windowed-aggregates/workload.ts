import type { Contender } from "../harness/contender.ts";
import { ensurePython } from "../harness/python.ts";
import { race } from "../harness/race.ts";
import type { Target, Variant } from "../harness/results.ts";
import { duration } from "../harness/table.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";
import { flightFolder, type FlightSize } from "./data.ts";

const place = "windowed-aggregates";

const pawl: Contender = { name: "Pawl", runtime: "node", script: `${place}/pawl`, sameAnswer: true };

const peers: readonly Contender[] = [
  { name: "DuckDB, by hand", runtime: "python", script: `${place}/duckdb_windows`, sameAnswer: true },
  { name: "Polars, by hand", runtime: "python", script: `${place}/polars_windows`, sameAnswer: true },
];

const sizes = (quick: boolean): readonly (readonly [string, FlightSize])[] => {
  const shrink = quick ? 50 : 1;
  const size = (spine: number, facts: number): FlightSize => ({
    spine: spine / shrink,
    facts: facts / shrink,
  });
  return [
    ["250,000 rows, 750,000 flights", size(250_000, 750_000)],
    ["500,000 rows, 1,500,000 flights", size(500_000, 1_500_000)],
    ["1,000,000 rows, 3,000,000 flights", size(1_000_000, 3_000_000)],
  ];
};

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  if (options.peers) ensurePython("python", options.log);
  const done: Variant[] = [];
  const all = sizes(options.quick);
  for (const [i, [name, size]] of all.entries()) {
    options.log(`  ${name}`);
    const data = await flightFolder(size);
    // Peers do the largest only; the smaller ones show how Pawl's time grows.
    const contenders = options.peers && i === all.length - 1 ? [pawl, ...peers] : [pawl];
    const measurements = await race(contenders, { ...options, data, limit: 120, tolerance: 1e-9 });
    done.push({ name, rows: size.spine, measurements });
  }
  return done;
}

function targets(found: readonly Variant[]): readonly Target[] {
  const times = found.map(({ measurements }) => measurements.find((m) => m.pawl)?.median ?? Number.NaN);
  const made: Target[] = [];
  const growth = times.slice(1).map((time, i) => time / (times[i] ?? Number.NaN));
  if (growth.length > 0 && growth.every(Number.isFinite)) {
    made.push({
      text: "time grows linearly: twice the rows and facts, at most 2.2 × the time",
      found: `${times.map(duration).join(", ")}: ${growth.map((g) => `× ${g.toFixed(2)}`).join(", ")}`,
      met: growth.every((g) => g <= 2.2),
    });
  }
  const largest = found.at(-1)?.measurements ?? [];
  const ours = largest.find((m) => m.pawl);
  for (const peer of peers) {
    const theirs = largest.find((m) => m.contender === peer.name);
    if (!ours?.median || !theirs?.median) continue;
    const ratio = ours.median / theirs.median;
    made.push({ text: `faster than ${peer.name}`, found: `${ratio.toFixed(2)} ×`, met: ratio < 1 });
  }
  return made;
}

export const windowedAggregates: Workload = {
  name: place,
  about:
    "A training set of a million flights with 20 windowed features (counts, sums, means, shares, deviations, " +
    "extremes over 1 hour to 7 days, by origin and by destination) from three million real flights. A delay is " +
    "known on landing: departure + 0.12 minutes a mile + 40 minutes + the delay.",
  method:
    "Two Parquet files in, twenty columns in memory out, in the order of the spine. The smaller sizes are the " +
    "first quarter and half of the same flights. The peers' queries honour both times: running totals, " +
    "subtracted after two as-of joins a window, and a bucketed range join for the extremes.",
  run,
  targets,
};
