import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { loadModel } from "@pawl/trainers";
import autocannon, { type Result } from "autocannon";
import { percentiles } from "../harness/percentiles.ts";
import { serveContender } from "../harness/serve-contender.ts";
import { readTable } from "../harness/table-file.ts";
import { type ScoringServer, type ServerName, startServer } from "./servers.ts";

const headers = { "content-type": "application/json" };

/** Asks a server for predictions of single rows, over many connections for some seconds or over one. */
await serveContender(async ({ data, options }) => {
  const {
    server: name,
    connections,
    amount,
  } = options as {
    server: ServerName;
    connections: number;
    /** Requests over one connection; milliseconds over many. */
    amount: number;
  };
  const { frame } = readTable(data, "test");
  const rows = Array.from({ length: 200 }, (_, r) =>
    Object.fromEntries(
      frame.columns.map((column) => {
        const value = column.kind === "numeric" ? (column.values[r] ?? 0) : 0;
        return [column.name, Number.isNaN(value) ? null : value];
      }),
    ),
  );
  const server = await startServer(name, data);
  process.on("exit", () => void server.stop());
  const bodies = rows.map((row) => JSON.stringify(server.body(row)));
  if (server.model !== undefined) await checkAnswers(server, server.model, rows, bodies);
  return {
    version: server.version,
    run: async () => {
      const numbers =
        connections === 1
          ? await one(server, bodies, amount)
          : await many(server, bodies, connections, amount);
      return { numbers: () => numbers, peakBytes: server.peakMemory() ?? undefined, answer: () => [] };
    },
    close: () => server.stop(),
  };
});

/** What the server says must be what the model says. */
async function checkAnswers(
  server: ScoringServer,
  file: string,
  rows: readonly Record<string, number | null>[],
  bodies: readonly string[],
): Promise<void> {
  const model = loadModel(Uint8Array.from(readFileSync(file)));
  const out = new Float64Array(1);
  for (const [r, body] of bodies.entries()) {
    const answer = await fetch(server.url + server.path, { method: "POST", headers, body });
    const said = server.probability(await answer.json());
    model.scoreRow(model.encodeRow(rows[r] ?? {}), out);
    if (said !== out[0]) throw new Error(`Row ${r}: the server says ${said}, the model ${out[0]}.`);
  }
}

async function one(
  server: ScoringServer,
  bodies: readonly string[],
  requests: number,
): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const micros = new Float64Array(requests);
  for (let i = 0; i < requests; i++) {
    const start = performance.now();
    await post(agent, server.url + server.path, bodies[i % bodies.length] ?? "");
    micros[i] = (performance.now() - start) * 1000;
  }
  agent.destroy();
  const { p50, p99 } = percentiles(micros);
  return { p50: p50 / 1000, p99: p99 / 1000 };
}

function post(agent: Agent, url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      agent,
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
    });
    asked.on("error", reject);
    asked.on("response", (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`The server answered ${answer.statusCode}.`));
      answer.resume();
      answer.on("end", resolve);
    });
    asked.end(body);
  });
}

async function many(
  server: ScoringServer,
  bodies: readonly string[],
  connections: number,
  milliseconds: number,
): Promise<Record<string, number>> {
  const times: number[] = [];
  let bad = 0;
  const result = await new Promise<Result>((resolve, reject) => {
    const load = autocannon(
      {
        url: server.url,
        connections,
        duration: milliseconds / 1000,
        requests: bodies.map((body) => ({ method: "POST", path: server.path, headers, body })),
      },
      (error: Error | null, found: Result) => (error ? reject(error) : resolve(found)),
    );
    load.on("response", (_client, status, _bytes, time) => {
      times.push(time);
      if (status !== 200) bad++;
    });
  });
  if (bad > 0 || result.errors > 0) throw new Error(`${bad} refusals and ${result.errors} errors.`);
  const { p50, p99 } = percentiles(Float64Array.from(times));
  return { rate: times.length / result.duration, p50, p99 };
}
