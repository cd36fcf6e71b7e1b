import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { PawlError, toPawlError } from "@pawl/core";
import { type Measurement, median, type Target, type Variant } from "../harness/results.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";
import { type Task, tasksFor } from "./tasks.ts";
import { TrackingClient } from "./tracking-client.ts";
import { ensureMlflow, seedMlflow, startMlflow, startPawl, type TrackingServer } from "./tracking-server.ts";

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  const runs = options.quick ? 300 : 30_000;
  if (options.peers) ensureMlflow(options.log);
  const servers: TrackingServer[] = [];
  try {
    options.log(`  filling with ${runs} runs …`);
    servers.push(await startPawl(runs));
    if (options.peers) {
      const seed = seedMlflow(runs);
      for (const workers of [1, 4]) servers.push(await startMlflow(seed, workers));
      rmSync(dirname(seed.file), { recursive: true });
    }
    const variants: Variant[] = [];
    for (const task of tasksFor(runs)) variants.push(await raced(task, servers, options));
    return variants;
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** One task on every server: once to warm up, then in turn. */
async function raced(
  task: Task,
  servers: readonly TrackingServer[],
  options: BenchOptions,
): Promise<Variant> {
  const requests = options.quick ? Math.min(20, task.requests) : task.requests;
  const racers = servers.map((server) => ({
    server,
    seconds: [] as number[],
    memory: 0,
    answer: undefined as unknown,
    failed: null as string | null,
  }));
  for (let round = 0; round <= options.runs; round += 1) {
    for (const [index, racer] of racers.entries()) {
      if (racer.failed !== null) continue;
      // New connections each time: while the others run, a server closes idle ones.
      const client = new TrackingClient(racer.server.url, task.connections);
      const begun = performance.now();
      try {
        racer.answer = await task.run(client, racer.server, requests);
        racer.seconds.push((performance.now() - begun) / 1_000);
      } catch (thrown) {
        // A peer that fails is a line in the table; Pawl failing ends the race.
        if (index === 0) throw thrown;
        racer.failed = toPawlError(thrown).message;
      } finally {
        client.close();
      }
      racer.memory = Math.max(racer.memory, racer.server.memory());
    }
  }
  for (const { server, answer, failed } of racers) {
    if (failed !== null || isDeepStrictEqual(answer, racers[0]?.answer)) continue;
    throw new PawlError("conflict", `"${server.name}" and Pawl give different answers to ${task.name}.`, {
      found: JSON.stringify(answer)?.slice(0, 200) ?? "nothing",
      expected: JSON.stringify(racers[0]?.answer)?.slice(0, 200) ?? "nothing",
    });
  }
  options.log(
    `  ${task.name}: ${racers.map(({ seconds }) => (requests / median(seconds.slice(1))).toFixed(0)).join(" · ")} a second`,
  );
  const measurements = racers.map(({ server, seconds, memory, failed }, index): Measurement => {
    const counted = failed === null ? seconds.slice(1) : [];
    return {
      contender: server.name,
      pawl: index === 0,
      version: server.version,
      seconds: counted,
      median: failed === null ? median(counted) : null,
      min: failed === null ? Math.min(...counted) : null,
      first: failed === null ? (seconds[0] ?? null) : null,
      peakBytes: memory,
      answer: null,
      numbers: {},
      failed,
      note: server.note,
    };
  });
  return { name: task.name, rows: requests, measurements };
}

/** The slowest of Pawl's advantages over the better of the peers. */
function targets(variants: readonly Variant[]): readonly Target[] {
  const ratios = variants.flatMap(({ measurements }) => {
    const pawl = measurements.find((one) => one.pawl)?.median;
    const peers = measurements.flatMap((one) => (one.pawl || one.median === null ? [] : [one.median]));
    return pawl === undefined || pawl === null || peers.length === 0 ? [] : [Math.min(...peers) / pawl];
  });
  if (ratios.length === 0) return [];
  const least = Math.min(...ratios);
  return [
    {
      text: "faster than MLflow's own server in every task",
      found: `at least ${least.toFixed(1)} ×`,
      met: least > 1,
    },
  ];
}

export const mlflowTracking: Workload = {
  name: "mlflow-tracking",
  about:
    "MLflow's wire: what a training script's calls cost, and what a search costs when there are many runs. Each " +
    "server runs on the same machine over a store on disk, and is asked by the same client.",
  method:
    "One run is all requests of a task over connections that stay open; *Rows/s* are requests a second. Afterwards " +
    "every server must have kept the same number of metrics, and found the same runs in the same order. Memory is " +
    "the resident size of all processes of a server. Each run of the search has 5 metrics, 5 params and a tag.",
  run,
  targets,
};
