import type { Location, Plan, Source, Work } from "@pawl/core";
import type { DatasetManifest, FreezeRequest } from "./dataset/manifest.ts";
import type { DatasetFrame, FrameRequest } from "./dataset/dataset-frame.ts";
import type { DataReport, ReportRequest } from "./dataset/data-report.ts";
import type { Explanation, ExplainRequest } from "./explain/explanation.ts";
import type { Filled } from "./fill/filled.ts";
import type { SourceInspection } from "./source/inspection.ts";
import type { AsOf, Spine } from "./spine/spine.ts";

export interface HistoryOptions {
  /** The project's folder: relative paths start here, and no path may lead out of it. */
  readonly root: string;
  /** Further folders that data may be read from. */
  readonly allow?: readonly string[];
  /**
   * Where the facts of a source lie, when not only at its `from`: an event log beside the files, for
   * example. Several places are read as one. Default: `source.from`.
   */
  readonly locate?: (source: Source) => readonly Location[];
  /** What DuckDB may hold in memory before it spills, such as "2GB". Default: half the machine's memory. */
  readonly memoryLimit?: string;
  /** Threads of DuckDB, and workers of the sweep. Default: the machine's processors. */
  readonly threads?: number;
  /** Where DuckDB spills. Default: the system's temporary folder. */
  readonly tempDirectory?: string;
  /** Facts held in memory at once; more are taken in passes over parts of the keys. Default 8,000,000. */
  readonly factsPerPass?: number;
  /** Values of features held in memory at once; more spine rows are filled block by block. Default 60,000,000. */
  readonly valuesPerBlock?: number;
}

export interface FillRequest {
  readonly plan: Plan;
  readonly spine: Spine;
  /** The moment each row is filled as of: a timestamp column of the spine, or one moment for all rows. */
  readonly asOf: AsOf;
  /**
   * Pretends that every fact was known the moment it happened. **Leaks the future** wherever facts arrive
   * late; only to show what such a leak would have promised.
   */
  readonly ignoreKnownTime?: boolean;
  /** For plans with models as inputs: their predictions under the plan's slots, one a row, NaN for null. */
  readonly predictions?: ReadonlyMap<string, Float64Array>;
}

/** What was known at any moment: point-in-time evaluation of views over files, by DuckDB and a sweep over time. */
export interface History {
  /** Looks at a source's data against its declaration. Problems are listed, not thrown. */
  inspect(source: Source, work?: Work): Promise<SourceInspection>;
  /** Refuses by name what this engine cannot do (`unsupported`); reads nothing. */
  check(plan: Plan): void;
  /** Fills the rows of a spine: every row, in order, duplicates included. Close what it returns. */
  fill(request: FillRequest, work?: Work): Promise<Filled>;
  /** Freezes a training set into `<directory>/<hash>.parquet`. */
  freezeDataset(request: FreezeRequest, work?: Work): Promise<DatasetManifest>;
  /** Reads a frozen dataset as learners want it. */
  readFrame(path: string, request: FrameRequest, work?: Work): Promise<DatasetFrame>;
  /** What to know of a dataset before training on it. */
  report(path: string, request?: ReportRequest, work?: Work): Promise<DataReport>;
  /** Which facts made a value, and which were refused, and why. */
  explainValue(request: ExplainRequest, work?: Work): Promise<Explanation>;
  /** Frees threads and memory. Running work is stopped as `cancelled`. */
  close(): Promise<void>;
}
