import { join } from "node:path";
import { PawlError } from "@pawl/core";
import { type Comparison, compareAnswers, type Shape } from "./answer-file.ts";
import type { Contender, Said } from "./contender.ts";
import { ContenderProcess } from "./contender-process.ts";
import { cacheFolder } from "./places.ts";
import { type Measurement, median } from "./results.ts";

type Ran = Extract<Said, { said: "ran" }>;

export interface RaceOptions {
  /** Folder of the generated data, given to every contender. */
  readonly data: string;
  /** Counted runs of each contender, after one that is not counted. */
  readonly runs: number;
  /** Seconds after which a single run is given up. */
  readonly limit: number;
  /** Largest relative difference of two values that count as equal. */
  readonly tolerance: number;
  readonly log: (line: string) => void;
}

/** Seconds of one race after which no further round is begun. */
const patience = 180;

interface Racer {
  readonly contender: Contender;
  process?: ContenderProcess;
  version: string;
  runs: Ran[];
  failed?: string;
  answerPath: string;
  shape?: Shape;
}

/**
 * Runs contenders side by side: all of them once to warm up, then in turn (A B C A B C …), so that
 * whatever else the machine does falls on all of them. The first contender is Pawl. Afterwards each
 * writes its last answer; a contender that should agree with Pawl and does not ends the race, because
 * the time of a wrong answer means nothing.
 */
export async function race(contenders: readonly Contender[], options: RaceOptions): Promise<Measurement[]> {
  const racers = contenders.map(
    (contender, i): Racer => ({
      contender,
      version: "",
      runs: [],
      answerPath: join(cacheFolder("answers"), `${process.pid}-${i}.f64`),
    }),
  );
  const together = racers.filter(({ contender }) => contender.timeBox === undefined);
  const alone = racers.filter(({ contender }) => contender.timeBox !== undefined);
  try {
    for (const racer of together) await attempt(racer, options, () => start(racer, options));
    const began = performance.now();
    for (let round = 0; round <= options.runs; round++) {
      // On a slow or busy machine: fewer counted runs, as the table then says, but never fewer than three.
      if (round > 3 && performance.now() - began > patience * 1000) {
        options.log(`  stopped after ${round - 1} counted runs: they took more than ${patience} s`);
        break;
      }
      for (const racer of together) await attempt(racer, options, () => run(racer, options.limit));
    }
    for (const racer of together) await attempt(racer, options, () => answer(racer));
    for (const racer of together) await racer.process?.end();
    for (const racer of alone) {
      await attempt(racer, options, async () => {
        await start(racer, options);
        await run(racer, racer.contender.timeBox ?? options.limit);
        await answer(racer);
      });
      await racer.process?.end();
    }
  } finally {
    for (const racer of racers) await racer.process?.end();
  }
  const [pawl] = racers;
  if (!pawl) return [];
  return racers.map((racer) => measured(racer, racer === pawl, compare(pawl, racer, options)));
}

async function start(racer: Racer, options: RaceOptions): Promise<void> {
  racer.process = await ContenderProcess.start(racer.contender, options.data);
  racer.version = racer.process.version;
}

async function run(racer: Racer, limit: number): Promise<void> {
  if (racer.process) racer.runs.push(await racer.process.run(limit));
}

async function answer(racer: Racer): Promise<void> {
  if (racer.process) racer.shape = await racer.process.answer(racer.answerPath);
}

/** A peer that fails is a line in the table; Pawl failing ends the race. */
async function attempt(racer: Racer, options: RaceOptions, step: () => Promise<void>): Promise<void> {
  if (racer.failed !== undefined) return;
  try {
    await step();
  } catch (thrown) {
    if (racer.contender.name.startsWith("Pawl") || !(thrown instanceof PawlError)) throw thrown;
    racer.failed = thrown.found ?? thrown.message;
    options.log(`  ${racer.contender.name}: ${racer.failed}`);
    await racer.process?.end();
    delete racer.process;
  }
}

function compare(pawl: Racer, racer: Racer, options: RaceOptions): Comparison | null {
  if (racer === pawl || !pawl.shape || !racer.shape || racer.shape.columns === 0) return null;
  if (racer.shape.columns !== pawl.shape.columns || racer.shape.rows !== pawl.shape.rows) {
    throw disagreement(racer, `${racer.shape.rows} rows × ${racer.shape.columns}`, pawl.shape);
  }
  const comparison = compareAnswers(pawl.answerPath, racer.answerPath, pawl.shape, options.tolerance);
  if (racer.contender.sameAnswer && comparison.different > 0) {
    throw disagreement(racer, `${comparison.different} rows that differ from Pawl's`, pawl.shape);
  }
  return comparison;
}

function disagreement(racer: Racer, found: string, shape: Shape): PawlError {
  return new PawlError("conflict", `"${racer.contender.name}" and Pawl give different answers.`, {
    found,
    expected: `the same ${shape.rows} rows × ${shape.columns} values`,
    next: "One of them is wrong: find out which before looking at any time.",
  });
}

function measured(racer: Racer, pawl: boolean, answer: Comparison | null): Measurement {
  const { contender, runs } = racer;
  const single = contender.timeBox !== undefined;
  const counted = racer.failed === undefined ? (single ? runs : runs.slice(1)) : [];
  const seconds = counted.map((ran) => ran.seconds);
  const names = new Set(counted.flatMap((ran) => Object.keys(ran.numbers)));
  const numbers = [...names].map((name) => [
    name,
    median(counted.map((ran) => ran.numbers[name] ?? Number.NaN)),
  ]);
  return {
    contender: contender.name,
    pawl,
    version: racer.version,
    seconds,
    median: seconds.length > 0 ? median(seconds) : null,
    min: seconds.length > 0 ? Math.min(...seconds) : null,
    first: single || racer.failed !== undefined ? null : (runs[0]?.seconds ?? null),
    peakBytes: seconds.length > 0 ? Math.max(...counted.map((ran) => ran.peakBytes)) : null,
    answer,
    numbers: Object.fromEntries(numbers) as Record<string, number>,
    failed: racer.failed ?? null,
    note: contender.note ?? null,
  };
}
