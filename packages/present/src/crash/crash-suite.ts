import { type ChildProcess, fork } from "node:child_process";
import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PawlError } from "@pawl/core";
import { build } from "esbuild";
import { openPresent } from "../embedded-present.ts";
import type { Present } from "../present.ts";
import type { Answered, Task } from "./crash-child.ts";
import { catalogs, chances, LaneModel, lanes, line, start } from "./crash-load.ts";

export interface CrashReport {
  readonly kills: number;
  readonly operations: number;
  /** Kills after which an operation without an answer had been done all the same. */
  readonly unanswered: number;
  readonly torn: number;
  readonly facts: number;
}

/** Kills in one directory before a new one, so that checking does not grow without bound. */
const killsPerDirectory = 10;
/** Children loading while another works. */
const spare = 3;

/**
 * Kills a process that takes facts in, at random moments, again and again; after each kill every answered
 * operation must be there, once, and every unanswered one wholly or not at all. Throws at the first fault.
 */
export async function crashSuite(options: {
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (done: number) => void;
}): Promise<CrashReport> {
  const { kills, seed, onKill } = options;
  const chance = chances(seed);
  const path = await bundle();
  const waiting: Child[] = [];
  const report = { kills: 0, operations: 0, unanswered: 0, torn: 0, facts: 0 };
  let directory = "";
  let models: LaneModel[] = [];
  try {
    while (report.kills < kills) {
      if (report.kills % killsPerDirectory === 0) {
        if (directory !== "") await rm(directory, { recursive: true, force: true });
        directory = await mkdtemp(join(tmpdir(), "pawl-crash-"));
        models = Array.from({ length: lanes }, (_, lane) => new LaneModel(lane));
      }
      while (waiting.length < spare) waiting.push(child(path));
      const answered = models.map(({ done }) => done);
      await workAndDie(
        waiting.shift() as Child,
        { directory, seed: chance(2 ** 31), from: answered },
        chance,
        answered,
      );
      report.kills++;
      report.operations += answered.reduce((sum, n, lane) => sum + n - (models[lane] as LaneModel).done, 0);
      if (chance(4) === 0 && (await tear(directory, chance))) report.torn++;
      const found = await check(directory, models, answered, chance);
      report.unanswered += found.unanswered;
      report.facts = Math.max(report.facts, found.facts);
      for (const [lane, model] of models.entries()) model.advance(answered[lane] ?? 0);
      onKill?.(report.kills);
    }
  } finally {
    for (const { process } of waiting) process.kill("SIGKILL");
    if (directory !== "") await rm(directory, { recursive: true, force: true });
    await rm(path, { force: true });
  }
  return report;
}

interface Child {
  readonly process: ChildProcess;
  /** Resolves once it has loaded and waits for its task. */
  readonly ready: Promise<void>;
}

/** The child in one file of JavaScript: from source each start would take a second. */
async function bundle(): Promise<string> {
  const source = fileURLToPath(new URL("./crash-child.ts", import.meta.url));
  const outfile = fileURLToPath(
    new URL(`../../node_modules/.crash/child-${process.pid}.mjs`, import.meta.url),
  );
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["pawl-source"],
    external: ["lmdb"],
  });
  return outfile;
}

function child(path: string): Child {
  const made = fork(path, [], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ready = new Promise<void>((resolve, reject) => {
    made.once("message", () => resolve());
    made.once("error", reject);
  });
  return { process: made, ready };
}

/** Lets a child work and kills it after a random while; `answered` counts each lane's answers. */
async function workAndDie(
  { process, ready }: Child,
  task: Task,
  chance: (below: number) => number,
  answered: number[],
): Promise<void> {
  let failed: string | undefined;
  await ready;
  await new Promise<void>((resolve, reject) => {
    process.on("error", reject);
    process.on("exit", () => resolve());
    process.on("message", (message: Answered | { failed: string }) => {
      if ("failed" in message) {
        failed = message.failed;
        process.kill("SIGKILL");
      } else answered[message.lane] = message.n + 1;
    });
    process.send(task);
    // Early ones hit opening and replay, late ones checkpoints and backfills.
    setTimeout(() => process.kill("SIGKILL"), 10 + chance(chance(3) === 0 ? 400 : 120));
  });
  if (failed !== undefined)
    throw new PawlError("internal", "The process under load failed.", { found: failed });
}

/** Leaves behind what a write cut short by a power failure may: a piece of a record at the end of the log. */
async function tear(directory: string, chance: (below: number) => number): Promise<boolean> {
  const names = (await readdir(join(directory, "log")).catch(() => []))
    .filter((name) => name.endsWith(".log"))
    .sort();
  const last = names.at(-1);
  if (!last) return false;
  const path = join(directory, "log", last);
  const bytes = await readFile(path);
  if (bytes.length < 100) return false;
  // The beginning of a real record, or noise.
  const piece =
    chance(2) === 0
      ? bytes.subarray(8, 8 + 1 + chance(40))
      : Buffer.from(Array.from({ length: 1 + chance(60) }, () => chance(256)));
  await appendFile(path, piece);
  return true;
}

async function check(
  directory: string,
  models: readonly LaneModel[],
  answered: readonly number[],
  chance: (below: number) => number,
): Promise<{ unanswered: number; facts: number }> {
  const present = await openPresent(
    { directory, catalog: catalogs[chance(2)] as (typeof catalogs)[number], clock: () => start + 2_000_000 },
    { segmentBytes: 20_000, sizes: { leafFacts: 6, innerChildren: 4 } },
  );
  try {
    const live = await liveLines(present);
    await present.backfilled();
    let unanswered = 0;
    for (const [lane, model] of models.entries()) {
      const mine = live.get(lane) ?? [];
      model.advance(answered[lane] ?? 0);
      const before = model.lines();
      if (!same(before, mine)) {
        // Done, but the answer never came.
        const after = copyOf(model, lane).advance(model.done + 1);
        if (!same(after.lines(), mine)) throw lost(lane, model.done, before, mine);
        unanswered++;
        checkFeatures(present, after, lane);
      } else checkFeatures(present, model, lane);
    }
    await checkExport(directory, present);
    return { unanswered, facts: [...live.values()].reduce((sum, lines) => sum + lines.length, 0) };
  } finally {
    await present.close();
  }
}

const copyOf = (model: LaneModel, lane: number): LaneModel => new LaneModel(lane).advance(model.done);

async function liveLines(present: Present): Promise<Map<number, string[]>> {
  const byLane = new Map<number, string[]>();
  for await (const { source, fact, live } of present.facts()) {
    if (!live) continue;
    const lane = Number(String(fact["who"]).split("-")[0]);
    const lines = byLane.get(lane) ?? [];
    byLane.set(lane, lines);
    lines.push(line(source, fact));
  }
  for (const lines of byLane.values()) lines.sort();
  return byLane;
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

function checkFeatures(present: Present, model: LaneModel, lane: number): void {
  for (let i = 0; i < 5; i++) {
    const who = `${lane}-${i}`;
    const read = (view: string): unknown[] =>
      [...(present.vectors(view, [{ who }]).values[0] ?? [])].slice(0, 2);
    const found = [...read("orders_by_who"), ...read("visits_by_who")];
    const wanted = model.features(who);
    if (wanted.every((value, n) => value === found[n])) continue;
    throw new PawlError("internal", `The features of ${who} are not those of its facts.`, {
      found: JSON.stringify(found),
      expected: JSON.stringify(wanted),
    });
  }
}

/** Every exported sequence is there, in order but for batches that came again. */
async function checkExport(directory: string, present: Present): Promise<void> {
  const text = await readFile(join(directory, "exported.txt"), "utf8").catch(() => "");
  const seen = new Set(text.split("\n").filter(Boolean).map(Number));
  const { exportedUpTo } = present.stats();
  for (let sequence = 1; sequence <= exportedUpTo; sequence++) {
    if (!seen.has(sequence)) {
      throw new PawlError("internal", "A fact counts as exported that the sink never got.", {
        found: String(sequence),
      });
    }
  }
}

function lost(
  lane: number,
  answered: number,
  wanted: readonly string[],
  found: readonly string[],
): PawlError {
  const [have, want] = [new Set(found), new Set(wanted)];
  return new PawlError("internal", `Lane ${lane} does not hold what was answered.`, {
    found: `${found.length} facts; not wanted: ${found
      .filter((each) => !want.has(each))
      .slice(0, 3)
      .join(" | ")}`,
    expected: `${wanted.length} facts after ${answered} operations; missing: ${wanted
      .filter((each) => !have.has(each))
      .slice(0, 3)
      .join(" | ")}`,
  });
}
