import { readFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  catalog,
  count,
  entity,
  type Expr,
  lag,
  last,
  max,
  mean,
  min,
  quantile,
  source,
  std,
  sum,
  t,
} from "@pawl/core";
import { openPresent } from "../index.ts";

// Numbers of the online half, in one process. `npm run bench -w @pawl/present -- --facts 1000000 --keys 100000`

const { values } = parseArgs({
  allowNegative: true,
  options: {
    facts: { type: "string", default: "1000000" },
    keys: { type: "string", default: "100000" },
    batch: { type: "string", default: "2000" },
    keyed: { type: "boolean", default: false },
    hot: { type: "string", default: "0" },
    /** Medians cost time in proportion to the window; without them ten more sums. */
    medians: { type: "boolean", default: true },
  },
});
const [facts, keys, batch, hot] = [values.facts, values.keys, values.batch, values.hot].map(Number) as [
  number,
  number,
  number,
  number,
];
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const customer = entity("customer", { key: t.int });
const payments = source("payments", {
  columns: { at: t.timestamp, id: t.int, who: customer, amount: t.float, items: t.int, online: t.bool },
  eventTime: "at",
  ...(values.keyed && { key: ["id" as const] }),
});
/** 50 features: ten aggregates over five windows. */
const fifty = payments.by("who").features((f) => {
  const features: Record<string, Expr> = {};
  for (const width of ["1h", "6h", "1d", "7d"] as const) {
    features[`n_${width}`] = count().over(width);
    features[`online_${width}`] = count().where(f.online).over(width);
    features[`sum_${width}`] = sum(f.amount).over(width);
    features[`mean_${width}`] = mean(f.amount).over(width);
    features[`min_${width}`] = min(f.amount).over(width);
    features[`max_${width}`] = max(f.amount).over(width);
    features[`std_${width}`] = std(f.amount).over(width);
    features[`items_${width}`] = sum(f.items).over(width);
    features[`last_${width}`] = last(f.amount).over(width);
    features[`tenth_${width}`] = values.medians
      ? quantile(f.amount, 0.5).over(width)
      : sum(f.amount).where(f.online).over(width);
  }
  features["n"] = count();
  features["sum"] = sum(f.amount);
  features["mean"] = mean(f.amount);
  features["min"] = min(f.amount);
  features["max"] = max(f.amount);
  features["std"] = std(f.amount);
  features["items"] = sum(f.items);
  features["last"] = last(f.amount);
  features["lag_1h"] = lag(f.amount, "1h");
  features["lag_1d"] = lag(f.amount, "1d");
  return features;
});

const directory = await mkdtemp(join(tmpdir(), "pawl-bench-"));
const start = 1_700_000_000_000_000;
const span = 14 * 86_400_000_000;
let now = start;
const options = { directory, catalog: catalog([fifty]), clock: () => now };
const quantileOf = (sorted: readonly number[], q: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0).toFixed(1);
const show = (name: string, times: number[], unit: string): void => {
  const sorted = times.sort((a, b) => a - b);
  say(
    `${name}: p50 ${quantileOf(sorted, 0.5)} ${unit}, p99 ${quantileOf(sorted, 0.99)} ${unit}, max ${quantileOf(sorted, 1)} ${unit}`,
  );
};
/** Resident memory; of it, what is private (the rest is the store's file, mapped, which the system may take back). */
const rss = (): string => {
  const status = readFileSync("/proc/self/status", "utf8");
  const mb = (field: string): number =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return `${mb("VmRSS")} MB (private ${mb("RssAnon")} MB)`;
};

try {
  let present = await openPresent(options);
  let made = 0;
  const fact = (): Record<string, unknown> => {
    const at = start + Math.floor((made / facts) * span);
    const who = hot > 0 && made % 2 === 0 ? made % hot : Math.floor(Math.random() * keys);
    return {
      at,
      id: made++,
      who,
      amount: Math.round(Math.random() * 1e4) / 100,
      items: made % 7,
      online: made % 3 === 0,
    };
  };
  const began = performance.now();
  const commits: number[] = [];
  const inFlight: Promise<unknown>[] = [];
  for (let left = facts; left > 0; left -= batch) {
    const rows = Array.from({ length: Math.min(batch, left) }, fact);
    now = rows.at(-1)?.["at"] as number;
    const sent = performance.now();
    inFlight.push(present.push("payments", rows).then(() => commits.push(performance.now() - sent)));
    if (inFlight.length >= 4) await inFlight.shift();
  }
  await Promise.all(inFlight);
  const seconds = (performance.now() - began) / 1000;
  say(
    `ingest: ${Math.round(facts / seconds)} facts/s (${facts} facts, ${keys} keys, batches of ${batch}), rss ${rss()}`,
  );
  show("batch to durable and readable, 4 under way", commits, "ms");
  await present.checkpoint();

  const reads = (name: string, pick: () => number, n: number, step = 0): void => {
    const times: number[] = [];
    for (let i = 0; i < n; i++) {
      const who = pick();
      now += step;
      const at = performance.now();
      present.vectors("payments_by_who", [{ who }]);
      times.push((performance.now() - at) * 1000);
    }
    show(name, times, "µs");
  };
  const any = (): number => Math.floor(Math.random() * keys);
  const few = Array.from({ length: 1000 }, any);
  reads("(warm-up)", any, 5000);
  reads("read 50 features, any key", any, 50_000, 1000);
  reads(
    "read 50 features, 1,000 keys over and over",
    () => few[Math.floor(Math.random() * 1000)] as number,
    50_000,
    1000,
  );
  if (hot > 0) {
    reads("read 50 features, hot keys first time", () => Math.floor(Math.random() * hot), hot * 2);
    reads(
      "read 50 features, hot keys, a minute later each",
      () => Math.floor(Math.random() * hot),
      5000,
      60_000_000,
    );
  }

  if (hot > 0) {
    const after: number[] = [];
    for (let i = 0; i < 2000; i++) {
      now += 10_000_000;
      const who = Math.floor(Math.random() * hot);
      await present.push("payments", [{ ...fact(), at: now, who }]);
      const at = performance.now();
      present.vectors("payments_by_who", [{ who }]);
      after.push((performance.now() - at) * 1000);
    }
    show("read 50 features of a hot key just after a fact of it", after, "µs");
  }
  const single: number[] = [];
  for (let i = 0; i < 2000; i++) {
    now += 1000;
    const who = any();
    const at = performance.now();
    await present.push("payments", [{ ...fact(), at: now, who }]);
    present.vectors("payments_by_who", [{ who }]);
    single.push(performance.now() - at);
  }
  show("push one fact and read it", single, "ms");
  say(
    `state file ${Math.round((await stat(join(directory, "state", "data.mdb"))).size / 2 ** 20)} MB, heap ${Math.round(process.memoryUsage().heapUsed / 2 ** 20)} MB`,
  );
  say(`memory: rss ${rss()}, ${JSON.stringify(present.stats())}`);
  const closing = performance.now();
  await present.close();
  say(`close ${Math.round(performance.now() - closing)} ms`);
  let opening = performance.now();
  present = await openPresent(options);
  say(`open after close ${Math.round(performance.now() - opening)} ms`);
  await present.close();
  await rm(join(directory, "state"), { recursive: true });
  opening = performance.now();
  present = await openPresent(options);
  say(
    `all state made again from the log of ${made} facts: ${((performance.now() - opening) / 1000).toFixed(1)} s, rss ${rss()}`,
  );
  await present.close();
} finally {
  await rm(directory, { recursive: true, force: true });
}
