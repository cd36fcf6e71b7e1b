import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Comparison } from "./answer-file.ts";
import type { Machine } from "./machine.ts";

/** How often and how long a contender ran in one variant of a workload. */
export interface Measurement {
  readonly contender: string;
  /** The one that the others are compared with. */
  readonly pawl: boolean;
  readonly version: string;
  /** Counted runs, in order, seconds. Empty when it failed. */
  readonly seconds: readonly number[];
  readonly median: number | null;
  readonly min: number | null;
  /** The first run of the fresh process, not counted: code is cold. Null when there was one run only. */
  readonly first: number | null;
  readonly peakBytes: number | null;
  /** Against Pawl's answer; null for Pawl, or when there is nothing to compare. */
  readonly answer: Comparison | null;
  /** Medians of whatever else the contender measured. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly failed: string | null;
  readonly note: string | null;
}

export interface Variant {
  readonly name: string;
  /** Rows the throughput counts; null when it has no meaning. */
  readonly rows: number | null;
  /** The number (of `numbers`) to compare contenders by, when not the time of a run. */
  readonly compareBy?: string;
  /** Whether more of it is better. Default false. */
  readonly moreIsBetter?: boolean;
  readonly measurements: readonly Measurement[];
}

/** A promise with a number, and what was found. */
export interface Target {
  readonly text: string;
  readonly found: string;
  readonly met: boolean;
}

export interface WorkloadResult {
  readonly date: string;
  readonly machine: Machine;
  readonly about: string;
  readonly method: string;
  /** Columns of the table beside time and memory, as `numbers` keys with a heading and decimals. */
  readonly extraColumns: readonly {
    readonly key: string;
    readonly heading: string;
    readonly digits: number;
  }[];
  readonly variants: readonly Variant[];
  readonly targets: readonly Target[];
}

export type Results = Readonly<Record<string, WorkloadResult>>;

export function readResults(path: string): Results {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results) : {};
}

export function writeResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

/** The middle value; of an even number, the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
