import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toPawlError } from "@pawl/core";
import { thisMachine } from "./harness/machine.ts";
import { benchFolder, cacheFolder, repository } from "./harness/places.ts";
import { withBenchTable } from "./harness/readme.ts";
import { readResults, type Results, type WorkloadResult, writeResults } from "./harness/results.ts";
import { resultsPage } from "./harness/table.ts";
import type { BenchOptions, Workload } from "./harness/workload.ts";
import { workloads } from "./workloads.ts";

const usage = `npm run bench [-- <workload> …] [--quick] [--runs <n>] [--no-peers]

Workloads: ${workloads.map(({ name }) => name).join(", ")}
  --quick      tiny data and one counted run, written to .pawl/bench only
  --runs <n>   counted runs of each contender (default 5)
  --no-peers   Pawl alone, without Python; written to .pawl/bench only`;

async function measure(workload: Workload, options: BenchOptions): Promise<WorkloadResult> {
  console.log(`\n${workload.name}`);
  const variants = await workload.run(options);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    about: workload.about,
    method: workload.method,
    extraColumns: workload.extraColumns ?? [],
    variants,
    targets: workload.targets(variants),
  };
}

/** Results in the order of the table. */
function inOrder(measured: Readonly<Record<string, WorkloadResult>>): Results {
  const known = workloads.flatMap(({ name }) => {
    const result = measured[name];
    return result ? [[name, result] as const] : [];
  });
  return Object.fromEntries(known);
}

function save(folder: string, results: Results, committed: boolean): void {
  writeResults(join(folder, "results.json"), results);
  writeFileSync(join(folder, "README.md"), resultsPage(results));
  if (!committed) return;
  const readme = join(repository, "README.md");
  writeFileSync(readme, withBenchTable(readFileSync(readme, "utf8"), results));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string" },
      "no-peers": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const unknown = positionals.filter((name) => !workloads.some((workload) => workload.name === name));
  const runs = Number(values.runs ?? (values.quick ? 1 : 5));
  if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
    console.error(
      unknown.length > 0
        ? `There is no workload "${unknown.join('", "')}".`
        : "--runs is a whole number from 1.",
    );
    console.error(`\n${usage}`);
    return 2;
  }
  const options: BenchOptions = {
    quick: values.quick,
    runs,
    peers: !values["no-peers"],
    log: (line) => console.log(line),
  };
  const committed = !values.quick && options.peers;
  const folder = committed ? benchFolder : cacheFolder("trial");
  const measured: Record<string, WorkloadResult> = { ...readResults(join(folder, "results.json")) };
  const fresh = new Set<string>();
  let failed = 0;
  for (const workload of workloads) {
    if (positionals.length > 0 && !positionals.includes(workload.name)) continue;
    try {
      measured[workload.name] = await measure(workload, options);
      fresh.add(workload.name);
      // At once, so that a run broken off keeps what it has measured.
      save(folder, inOrder(measured), committed);
    } catch (thrown) {
      const error = toPawlError(thrown);
      console.error(`${workload.name}: ${error.message}`);
      for (const part of [error.found, error.expected, error.next, error.details?.["log"]]) {
        if (part !== undefined) console.error(`  ${String(part)}`);
      }
      failed++;
    }
  }
  if (fresh.size === 0) return 1;
  const results = inOrder(measured);
  const now = Object.entries(results).filter(([name]) => fresh.has(name));
  console.log(`\n${resultsPage(Object.fromEntries(now))}`);
  if (values.quick) console.log("Tried on tiny data: the sizes named above are those of the full run.");
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
