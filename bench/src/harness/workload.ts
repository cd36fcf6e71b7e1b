import type { Target, Variant, WorkloadResult } from "./results.ts";

export interface BenchOptions {
  /** Tiny data and one counted run: to see that everything works. Not for reading times off. */
  readonly quick: boolean;
  /** Counted runs of each contender. */
  readonly runs: number;
  /** False: Pawl alone, without Python. */
  readonly peers: boolean;
  readonly log: (line: string) => void;
}

/** A named piece of work that Pawl and its peers do side by side. */
export interface Workload {
  readonly name: string;
  /** What is done, for the table. */
  readonly about: string;
  /** What is timed and how answers are compared. */
  readonly method: string;
  readonly extraColumns?: WorkloadResult["extraColumns"];
  run(options: BenchOptions): Promise<readonly Variant[]>;
  /** What was promised, against what was found. */
  targets(variants: readonly Variant[]): readonly Target[];
}
