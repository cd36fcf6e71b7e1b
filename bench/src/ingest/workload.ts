import type { Contender } from "../harness/contender.ts";
import { ensurePython } from "../harness/python.ts";
import { race } from "../harness/race.ts";
import type { Target, Variant } from "../harness/results.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";

const place = "ingest";

interface Load {
  readonly facts: number;
  readonly batch: number;
  readonly inFlight: number;
}

const pawl = (load: Load): Contender => ({
  name: "Pawl",
  runtime: "node",
  script: `${place}/pawl`,
  options: { ...load },
  sameAnswer: true,
});

const feast = (load: Load): Contender => ({
  name: "Feast SDK, sqlite",
  runtime: "feast",
  script: `${place}/feast_push`,
  options: { ...load },
  sameAnswer: true,
  note: "keeps the latest value only; one batch after the other, since its writes block.",
});

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  if (options.peers) ensurePython("feast", options.log);
  const shrink = options.quick ? 10 : 1;
  const done: Variant[] = [];
  for (const [name, load] of [
    ["batches of 1,000", { facts: 20_000, batch: 1000, inFlight: 4 }],
    ["single facts, 64 in flight", { facts: 1000, batch: 1, inFlight: 64 }],
    ["single facts, one after the other", { facts: 200, batch: 1, inFlight: 1 }],
  ] as const) {
    options.log(`  ${name}`);
    const scaled = { ...load, facts: load.facts / shrink };
    const contenders = options.peers ? [pawl(scaled), feast(scaled)] : [pawl(scaled)];
    const measurements = await race(contenders, { ...options, data: "", limit: 60, tolerance: 0 });
    done.push({ name, rows: scaled.facts, measurements });
  }
  return done;
}

function targets(found: readonly Variant[]): readonly Target[] {
  return found.slice(0, 2).flatMap(({ name, measurements }) => {
    const [ours, theirs] = measurements.map(({ median }) => median);
    if (!ours || !theirs) return [];
    return [
      {
        text: `faster than Feast (${name})`,
        found: `${(theirs / ours).toFixed(0)} × faster`,
        met: ours < theirs,
      },
    ];
  });
}

export const ingest: Workload = {
  name: place,
  about:
    "Facts pushed into the online store, which keeps five features of them up to date (latest, and four over " +
    "windows of an hour to a week); every answer means that the facts are on disk and seen by the next read.",
  method:
    "Facts in memory in, the last acknowledgement out. The store grows from run to run. Afterwards the latest " +
    "value of every key is read and compared.",
  run,
  targets,
};
