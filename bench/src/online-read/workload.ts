import type { Contender } from "../harness/contender.ts";
import { ensurePython } from "../harness/python.ts";
import { race } from "../harness/race.ts";
import type { Target, Variant } from "../harness/results.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";

const place = "online-read";

const pawl = (group: string, rows: number, reads: number): Contender => ({
  name: "Pawl",
  runtime: "node",
  script: `${place}/pawl`,
  options: { group, rows, reads },
  sameAnswer: true,
});

const feast = (store: string, rows: number, reads: number): Contender => ({
  name: `Feast SDK, ${store}`,
  runtime: "feast",
  script: `${place}/feast_read`,
  options: { store, rows, reads },
  sameAnswer: true,
});

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  if (options.peers) ensurePython("feast", options.log);
  const shrink = options.quick ? 20 : 1;
  const done: Variant[] = [];
  for (const [name, group, rows, reads, theirs] of [
    ["latest values, 1 row", "latest", 1, 20_000, 400],
    ["latest values, 100 rows", "latest", 100, 2_000, 60],
    ["windowed aggregates, 1 row", "windowed", 1, 20_000, 0],
    ["windowed aggregates, 100 rows", "windowed", 100, 2_000, 0],
  ] as const) {
    options.log(`  ${name}`);
    const peers =
      options.peers && theirs > 0
        ? ["sqlite", "redis"].map((store) => feast(store, rows, theirs / shrink))
        : [];
    const contenders = [pawl(group, rows, reads / shrink), ...peers];
    const measurements = await race(contenders, { ...options, data: "", limit: 60, tolerance: 0 });
    done.push({ name, rows: null, compareBy: "p50", measurements });
  }
  return done;
}

function targets(found: readonly Variant[]): readonly Target[] {
  return found.slice(0, 2).flatMap(({ name, measurements }) => {
    const [ours, ...theirs] = measurements.map(({ numbers }) => numbers["p99"]);
    const best = Math.min(...theirs.map((p99) => p99 ?? Number.POSITIVE_INFINITY));
    if (ours === undefined || !Number.isFinite(best)) return [];
    return [
      {
        text: `p99 below Feast's (${name})`,
        found: `${(best / ours).toFixed(0)} × faster`,
        met: ours < best,
      },
    ];
  });
}

export const onlineRead: Workload = {
  name: place,
  about:
    "Fifty features of things asked for by key, in process: the latest value of fifty columns, and fifty " +
    "windowed aggregates of ten columns (which Feast's local stores do not have). 2,000 things.",
  method:
    "One run is many reads of random keys, each timed; the first fifth is not counted. p50 and p99 are medians " +
    "of the runs.",
  extraColumns: [
    { key: "p50", heading: "p50, µs", digits: 1 },
    { key: "p99", heading: "p99, µs", digits: 1 },
  ],
  run,
  targets,
};
