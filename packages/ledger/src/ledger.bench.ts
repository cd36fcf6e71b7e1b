import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, bench, describe } from "vitest";
import { folderBlobs } from "./folder-blobs.ts";
import { openLedger } from "./open-ledger.ts";
import type { RunQuery } from "./runs.ts";
import { systemSurroundings } from "./system-surroundings.ts";

// npx vitest bench --run packages/ledger

const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ledger = await openLedger({ file: join(folder, "ledger.db"), ...systemSurroundings });
const blobs = folderBlobs({ folder: join(folder, "blobs") });

const runCount = 30_000;
const { id: experimentId } = await ledger.experiments.create({ name: "bench" });
for (let index = 0; index < runCount; index += 1) {
  const { id } = await ledger.runs.start({
    experimentId,
    startedAt: index,
    params: { depth: String(index % 12), trainer: index % 3 ? "trees" : "linear" },
    tags: { team: index % 2 ? "a" : "b" },
  });
  const metrics = Array.from({ length: 10 }, (_, key) => {
    return { key: `m${key}`, value: ((index * 7919 + key * 31) % 10_007) / 10_007, at: index, step: 0 };
  });
  await ledger.runs.log(id, { metrics });
}

const param = { field: { of: "param", key: "trainer" }, is: "=", value: "trees" } as const;
const tag = { field: { of: "tag", key: "team" }, is: "=", value: "a" } as const;
const metric = { field: { of: "metric", key: "m1" }, is: ">", value: 0.2 } as const;
const byMetric = [{ field: { of: "metric", key: "m5" }, descending: true }] as const;

describe(`search ${runCount} runs, pages of 100`, () => {
  const searches: Readonly<Record<string, RunQuery>> = {
    "newest first": {},
    "ordered by a metric": { order: byMetric },
    "param, tag and metric, ordered by a metric": { filter: { all: [param, tag, metric] }, order: byMetric },
    "a param no run has": { filter: { ...param, value: "none" } },
  };
  for (const [name, query] of Object.entries(searches)) {
    bench(name, async () => {
      await ledger.runs.search({ experimentIds: [experimentId], limit: 100, ...query });
    });
  }
});

const { id: logged } = await ledger.runs.start({ experimentId });
let step = 0;
const fresh = (count: number) =>
  Array.from({ length: count }, () => {
    step += 1;
    return { key: `loss${step % 5}`, value: step, at: step, step };
  });

describe("log metrics", () => {
  for (const count of [1, 10, 1_000]) {
    bench(`${count} in one call`, async () => {
      await ledger.runs.log(logged, { metrics: fresh(count) });
    });
  }
});

describe("blobs", async () => {
  const chunk = new Uint8Array(256 * 1024).map((_, index) => (index * 31) & 255);
  const chunks = Array.from({ length: 256 }, () => chunk);
  const { hash } = await blobs.put(chunks);
  bench("put 64 MB, flushed to disk", async () => {
    await blobs.put(chunks);
  });
  bench("get 64 MB", async () => {
    let bytes = 0;
    for await (const part of blobs.get(hash)) bytes += part.length;
    if (bytes !== 64 << 20) throw new Error(`read ${bytes} bytes`);
  });
});
