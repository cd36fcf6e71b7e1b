import type { TrackingClient } from "./tracking-client.ts";
import type { TrackingServer } from "./tracking-server.ts";

/** One thing every server is asked to do, timed as a whole. */
export interface Task {
  readonly name: string;
  readonly connections: number;
  /** Requests of one counted run. */
  readonly requests: number;
  /** Does the requests; returns what must be equal on every server. */
  run(client: TrackingClient, server: TrackingServer, requests: number): Promise<unknown>;
}

interface Created {
  readonly run: { readonly info: { readonly run_id: string } };
}
interface Found {
  readonly runs?: readonly { readonly info: { readonly run_name: string } }[];
}

async function newRun(client: TrackingClient): Promise<string> {
  const { run } = await client.post<Created>("/runs/create", {
    experiment_id: "0",
    start_time: 1,
    run_name: "bench",
  });
  return run.info.run_id;
}

async function logged(client: TrackingClient, run: string, key: string): Promise<number> {
  const { metrics = [] } = await client.get<{ metrics?: readonly unknown[] }>(
    `/metrics/get-history?run_id=${run}&metric_key=${key}&max_results=25000`,
  );
  return metrics.length;
}

function logMetric(connections: number): Task {
  return {
    name: `log-metric, ${connections} connection${connections === 1 ? "" : "s"}`,
    connections,
    requests: 100,
    run: async (client, _server, requests) => {
      const run_id = await newRun(client);
      await client.each(requests, (n) =>
        client.post("/runs/log-metric", { run_id, key: "loss", value: 1 / (n + 1), timestamp: n, step: n }),
      );
      return logged(client, run_id, "loss");
    },
  };
}

const logBatch: Task = {
  name: "log-batch of 100 metrics, 4 connections",
  connections: 4,
  requests: 40,
  run: async (client, _server, requests) => {
    const run_id = await newRun(client);
    await client.each(requests, (n) =>
      client.post("/runs/log-batch", {
        run_id,
        metrics: Array.from({ length: 100 }, (_, k) => ({
          key: `m${k % 10}`,
          value: k,
          timestamp: n,
          step: n * 10 + Math.floor(k / 10),
        })),
      }),
    );
    return logged(client, run_id, "m0");
  },
};

const createRuns: Task = {
  name: "runs/create with 5 tags, 4 connections",
  connections: 4,
  requests: 40,
  run: (client, _server, requests) =>
    client.each(requests, (n) =>
      client.post("/runs/create", {
        experiment_id: "0",
        start_time: n,
        tags: Array.from({ length: 5 }, (_, k) => ({ key: `t${k}`, value: String(n) })),
      }),
    ),
};

function search(name: string, fields: object): Task {
  return {
    name,
    connections: 1,
    requests: 3,
    run: async (client, { experimentId }, requests) => {
      const names: string[][] = [];
      await client.each(requests, async () => {
        const { runs = [] } = await client.post<Found>("/runs/search", {
          experiment_ids: [experimentId],
          ...fields,
        });
        names.push(runs.map(({ info }) => info.run_name));
      });
      return names.at(-1);
    },
  };
}

export function tasksFor(runs: number): readonly Task[] {
  const many = `${runs.toLocaleString("en-GB")} runs`;
  return [
    logMetric(1),
    logMetric(8),
    logBatch,
    createRuns,
    search(`search ${many} by metric, param and tag, best 100`, {
      filter: "metrics.m0 > 0.5 AND params.p1 = '3' AND tags.team = 'risk'",
      order_by: ["metrics.m1 DESC"],
      max_results: 100,
    }),
    search(`the newest 1,000 of ${many}`, { max_results: 1_000 }),
  ];
}
