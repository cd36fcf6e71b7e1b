import type { Contender } from "../harness/contender.ts";
import { ensurePython } from "../harness/python.ts";
import { race } from "../harness/race.ts";
import type { Target, Variant } from "../harness/results.ts";
import type { BenchOptions, Workload } from "../harness/workload.ts";
import { learningFolder } from "../train-boosting/data.ts";
import { type ServerName, serverNames } from "./servers.ts";

const place = "serve-predict";

const titles: Readonly<Record<ServerName, string>> = {
  pawl: "Pawl",
  hono: "Hono alone (reads the JSON, scores nothing)",
  mlserver: "MLServer, LightGBM",
  mlflow: "MLflow scoring server, LightGBM",
};

const contender = (server: ServerName, connections: number, amount: number): Contender => ({
  name: titles[server],
  runtime: "node",
  script: `${place}/load`,
  options: { server, connections, amount },
  sameAnswer: false,
});

async function run(options: BenchOptions): Promise<readonly Variant[]> {
  if (options.peers) ensurePython("serving", options.log);
  const data = learningFolder({ kind: "numbers", train: options.quick ? 4000 : 40_000, test: 1000 });
  const names = options.peers ? serverNames : serverNames.slice(0, 2);
  const done: Variant[] = [];
  for (const [name, connections, amount, compareBy] of [
    ["one connection", 1, options.quick ? 100 : 1000, "p50"],
    ["64 connections", 64, options.quick ? 500 : 3000, "rate"],
  ] as const) {
    options.log(`  ${name}`);
    const contenders = names.map((server) => contender(server, connections, amount));
    const measurements = await race(contenders, { ...options, data, limit: 60, tolerance: 0 });
    done.push({ name, rows: null, compareBy, moreIsBetter: compareBy === "rate", measurements });
  }
  return done;
}

function targets(found: readonly Variant[]): readonly Target[] {
  const [alone, crowded] = found.map(({ measurements }) => measurements.map(({ numbers }) => numbers));
  const p99 = alone?.[0]?.["p99"];
  const [ours, , ...peers] = (crowded ?? []).map((numbers) => numbers["rate"]);
  const made: Target[] = [];
  if (p99 !== undefined) {
    made.push({ text: "p99 below 5 ms on one connection", found: `${p99.toFixed(2)} ms`, met: p99 < 5 });
  }
  const best = Math.max(...peers.map((rate) => rate ?? 0));
  if (ours !== undefined && best > 0) {
    made.push({
      text: "more requests a second than the Python servers",
      found: `${(ours / best).toFixed(1)} × the best of them`,
      met: ours > best,
    });
  }
  return made;
}

export const servePredict: Workload = {
  name: place,
  about:
    "Predictions over HTTP, one row of 30 numbers a request, by 200 trees of 31 leaves: Pawl's whole server " +
    "(project, ledger, registered model) beside bare HTTP and the Python servers, one process each.",
  method:
    "Keep-alive connections on the loopback interface from a process of their own; client and server share the " +
    "machine. The first fifth of the requests is not counted. Pawl's answers are checked against its model.",
  extraColumns: [
    { key: "rate", heading: "requests/s", digits: 0 },
    { key: "p50", heading: "p50, ms", digits: 2 },
    { key: "p99", heading: "p99, ms", digits: 2 },
  ],
  run,
  targets,
};
