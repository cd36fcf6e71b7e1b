import { deepEqual, equal, fail, ok } from "node:assert/strict";
import { type ErrorCode, PawlError } from "@pawl/core";
import type { Ledger } from "../ledger.ts";
import type { Surroundings } from "../words.ts";

export { deepEqual, equal, fail, ok };

/** One thing every implementation must do. `run` throws when it does not. */
export interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Makes an empty ledger with this clock and chance. The suite closes it. */
export type OpenLedger = (surroundings: Surroundings) => Promise<Ledger>;

/** Time that only moves when read, and numbers that only look random: every case repeats exactly. */
export function scriptedSurroundings(start = 1_700_000_000_000_000): Surroundings & {
  now: () => number;
  set: (moment: number) => void;
} {
  let moment = start;
  let state = 0x2545f491;
  return {
    clock: () => (moment += 1_000),
    now: () => moment,
    set: (to) => {
      moment = to;
    },
    random: (bytes) =>
      Uint8Array.from({ length: bytes }, () => {
        // xorshift32: Marsaglia, "Xorshift RNGs", 2003.
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return state & 255;
      }),
  };
}

/** A case on a fresh ledger, closed afterwards. */
export function onLedger(
  open: OpenLedger,
  name: string,
  run: (ledger: Ledger, surroundings: ReturnType<typeof scriptedSurroundings>) => Promise<void>,
): Case {
  return { name, run: () => withLedger(open, run) };
}

export async function withLedger(
  open: OpenLedger,
  run: (ledger: Ledger, surroundings: ReturnType<typeof scriptedSurroundings>) => Promise<void>,
): Promise<void> {
  const surroundings = scriptedSurroundings();
  const ledger = await open(surroundings);
  try {
    await run(ledger, surroundings);
  } finally {
    await ledger.close();
  }
}

/** The error a promise is refused with; the case fails if it is not refused, or not in our words. */
export async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<PawlError> {
  let thrown: unknown;
  try {
    await promise;
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) fail(`expected to be refused with ${code}, but it was done`);
  if (!(thrown instanceof PawlError)) throw thrown;
  equal(thrown.code, code, thrown.message);
  for (const part of ["found", "expected", "next"] as const) {
    ok(thrown[part], `the refusal "${thrown.message}" does not say what was ${part}`);
  }
  return thrown;
}

/** Refused, and the ledger is as it was: tables and timeline. */
export async function refusedWithoutTrace(
  ledger: Ledger,
  act: () => Promise<unknown>,
  code: ErrorCode,
): Promise<PawlError> {
  const before = [await ledger.fingerprint(), await ledger.timeline.head()];
  const error = await refused(act(), code);
  deepEqual([await ledger.fingerprint(), await ledger.timeline.head()], before);
  return error;
}

/** Every item of a paged answer; no page may be empty but the only one. */
export async function everyPage<T>(
  ask: (cursor: {
    readonly cursor?: string;
  }) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): Promise<readonly T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const page = await ask(next === undefined ? {} : { cursor: next });
    ok(page.items.length > 0 || items.length === 0, "a page is empty");
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return items;
}

/** A value that must be there. */
export function there<T>(value: T | undefined): T {
  if (value === undefined) fail("expected a value, found none");
  return value;
}

/** 64 hex digits made from a word, for hashes whose value does not matter. */
export function hashOf(word: string): string {
  let digits = "";
  for (let index = 0; digits.length < 64; index += 1) {
    let sum = 0x811c9dc5 ^ index;
    // FNV-1a over the word, once per block of eight digits.
    for (const sign of word) sum = Math.imul(sum ^ (sign.codePointAt(0) ?? 0), 0x01000193);
    digits += (sum >>> 0).toString(16).padStart(8, "0");
  }
  return digits;
}

/** All of an asynchronous sequence. */
export async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
