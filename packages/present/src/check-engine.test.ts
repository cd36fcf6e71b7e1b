import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source } from "@pawl/core";
import {
  checkEngine,
  compareValues,
  type Expectation,
  expectations,
  engineLaws,
  type EngineQuestion,
  oracle,
  type Row,
  type TestedEngine,
} from "@pawl/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { openPresent } from "./embedded-present.ts";
import type { Present, PresentOptions } from "./index.ts";

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "pawl-present-"));
  directories.push(directory);
  return directory;
}

/** A small repeatable generator: what happens between facts must not depend on the world's own randomness. */
function random(seed: number): (below: number) => number {
  let x = seed | 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

interface Ways {
  readonly store: "memory" | "lmdb";
  /** Give each source a key, and correct, repeat and remove facts on the way. */
  readonly keyed: boolean;
  /** Close and open again between batches. */
  readonly restarts: boolean;
  /** Almost no memory, so that everything is written and read again all the time. */
  readonly cramped: boolean;
}

const keyColumns = ["who", "order"];

/** Pushes a world's facts in random batches, and answers its rows. */
function engine(name: string, ways: Ways): TestedEngine {
  let seed = 1;
  return {
    name,
    fill: async (question) => {
      const chance = random((seed = (seed * 7919) % 2_147_483_647));
      const sources = [...question.catalog.sources.values()];
      for (const source of sources) Object.assign(source, { key: ways.keyed ? keyColumns : [] });
      // Moments beyond what an Instant can be are refused at the door; worlds with them say nothing here.
      if (Object.values(question.facts).flat().some(isBeyond)) return oracle(question);
      const directory = await freshDirectory();
      const options: PresentOptions = {
        directory,
        catalog: question.catalog,
        clock: () => 0,
        store: ways.store,
        durability: "process",
        ...(ways.cramped && { limits: { memoryBytes: 1, dirtyKeys: 1 } }),
      };
      // Small nodes and segments, so that few facts make deep trees and several files.
      const parts = { segmentBytes: 2000, sizes: { leafFacts: 2 + chance(8), innerChildren: 3 } };
      let present = await openPresent(options, parts);
      const live: Record<string, Row[]> = {};
      try {
        for (const source of sources) {
          const facts = question.facts[source.name] ?? [];
          for (let i = 0; i < facts.length; ) {
            const batch = facts.slice(i, (i += 1 + chance(9)));
            await pushAll(present, source, batch, chance, ways);
            readAll(present, question);
            if (!ways.restarts || chance(3) > 0) continue;
            await present.close();
            present = await openPresent(options, parts);
          }
          live[source.name] = ways.keyed ? await liveFacts(present, source) : [...facts];
        }
        const rows = answer(present, { ...question, facts: live }, ways);
        // What is live was compared with the oracle on the way; checkEngine only knows all that was pushed.
        return ways.keyed ? oracle(question) : rows;
      } finally {
        await present.close();
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

async function pushAll(
  present: Present,
  source: Source,
  batch: readonly Row[],
  chance: (below: number) => number,
  ways: Ways,
): Promise<void> {
  const facts = batch.filter((fact) => takes(source, fact));
  if (chance(2) === 0) await present.push(source.name, facts);
  else await Promise.all(facts.map((fact) => present.push(source.name, [fact])));
  if (!ways.keyed || facts.length === 0) return;
  const one = facts[chance(facts.length)] as Row;
  const again = { ...one, select: chance(5), happened: (one["happened"] as number) + chance(3) - 1 };
  const key = { who: one["who"], order: one["order"] };
  if (chance(2) === 0) await present.push(source.name, [again]);
  if (chance(5) === 0) await present.remove(source.name, [key]);
  if (chance(2) === 0) expect((await present.push(source.name, facts.slice(0, 1))).removed).toBe(0);
}

/** What may be pushed: facts without an eventTime or a part of their key are never seen, and refused. */
function takes(source: Source, fact: Row): boolean {
  return [source.eventTime, ...source.key].every((column) => fact[column] !== null);
}

/** Reads on the way, so that what is remembered from then could be wrong later. */
function readAll(present: Present, { view, spine, asOf }: EngineQuestion): void {
  for (const row of spine) {
    const moment = row[asOf];
    if (Number.isSafeInteger(moment)) present.vectors(view, [row], { asOf: moment as never });
  }
}

function isBeyond(fact: Row): boolean {
  return ["happened", "learned", "moment"].some((column) => {
    const moment = fact[column];
    return typeof moment === "number" && !Number.isSafeInteger(moment);
  });
}

async function liveFacts(present: Present, source: Source): Promise<Row[]> {
  const facts: Row[] = [];
  for await (const { live, fact } of present.facts({ source: source.name })) if (live) facts.push(fact);
  return facts;
}

/** The rows by the store; where facts were corrected, they are first compared with the oracle here. */
function answer(present: Present, question: EngineQuestion, ways: Ways): Row[] {
  const naive = oracle(question);
  const expected = expectations(question);
  return question.spine.map((row, i) => {
    const moment = row[question.asOf];
    // A store is asked as of moments only: not of none, and not of one beyond what an Instant can be.
    if (!Number.isSafeInteger(moment)) return naive[i] as Row;
    const { names, values } = present.vectors(question.view, [row], { asOf: moment as never });
    // A second time, when answers may come from what was remembered.
    const again = present.vectors(question.view, [row], { asOf: moment as never });
    expect(again.values).toEqual(values);
    const filled = Object.fromEntries(names.map((column, n) => [column, values[0]?.[n] ?? null]));
    if (ways.keyed) requireClose(question, filled, expected[i] ?? []);
    return filled;
  });
}

/** For keyed worlds `checkEngine` does not know which facts are live, so the comparison is done here. */
function requireClose({ plan }: EngineQuestion, filled: Row, expected: readonly Expectation[]): void {
  const wrong = plan.outputs.flatMap(({ name, kind }, n) => {
    const { value, error, others } = expected[n] as Expectation;
    const found = filled[name] ?? null;
    const miss = compareValues(value, found, kind, error);
    return miss === undefined || others.includes(found) ? [] : [`${name}: ${miss}`];
  });
  expect(wrong).toEqual([]);
}

const plain: Ways = { store: "memory", keyed: false, restarts: false, cramped: false };

describe.each([
  ["in memory", plain, 60],
  ["in memory with hardly any", { ...plain, cramped: true }, 30],
  ["on lmdb with restarts", { ...plain, store: "lmdb", restarts: true }, 12],
  [
    "on lmdb with restarts and hardly any memory",
    { ...plain, store: "lmdb", restarts: true, cramped: true },
    12,
  ],
  ["with corrections and removals", { ...plain, keyed: true }, 60],
  [
    "with corrections, removals, restarts and hardly any memory",
    { store: "lmdb", keyed: true, restarts: true, cramped: true },
    15,
  ],
] as const)("the online store, %s", (name, ways, runs) => {
  // With corrections the order of pushes matters, and the other laws would compare different histories.
  const laws = ways.keyed ? engineLaws.slice(0, 1) : engineLaws.slice(0, 4);
  it.each(laws)("%s", async (law) => {
    // Shrinking opens thousands of stores: ask for it when something fails.
    const shrink = process.env["SHRINK"] !== undefined;
    await expect(checkEngine(engine(name, ways), { laws: [law], runs, shrink })).resolves.toBeUndefined();
  });
});
