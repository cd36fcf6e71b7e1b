import type { PythonRuntime } from "./python.ts";

/** Whose interpreter a contender runs in. Python environments are made by the bench itself. */
export type Runtime = "node" | PythonRuntime;

/** One way of doing a workload. Each is a process of its own. */
export interface Contender {
  /** As the table calls it. */
  readonly name: string;
  readonly runtime: Runtime;
  /** Below `bench/src`, without extension: `.js` is taken from the build for Node, `.py` from source. */
  readonly script: string;
  /** What the script is told beside the job. */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * Whether its answer must equal Pawl's. A contender of other semantics is timed as a reference, and the
   * rows on which it differs are counted.
   */
  readonly sameAnswer: boolean;
  /** A sentence for the table. */
  readonly note?: string;
  /** Too slow to repeat: one run, alone, stopped after so many seconds. */
  readonly timeBox?: number;
}

/** What a script is told on its command line, as JSON. */
export interface Job {
  /** Folder of the generated data. */
  readonly data: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a script says, one JSON document a line. */
export type Said =
  | { readonly said: "ready"; readonly version: string }
  | {
      readonly said: "ran";
      readonly seconds: number;
      /** Highest resident memory of the process so far. */
      readonly peakBytes: number;
      /** Anything else worth a column, by name. */
      readonly numbers: Readonly<Record<string, number>>;
    }
  | { readonly said: "answered"; readonly rows: number; readonly columns: number }
  | { readonly said: "failed"; readonly why: string };

/** What a script is asked, one JSON document a line. `answer` writes the result of the last run. */
export type Asked = { readonly ask: "run" } | { readonly ask: "answer"; readonly path: string };
