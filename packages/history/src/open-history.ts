import { availableParallelism } from "node:os";
import { type Location, type Plan, PawlError, type Source, type Work } from "@pawl/core";
import { checkPlan } from "./check-plan.ts";
import type { DataReport, ReportRequest } from "./dataset/data-report.ts";
import type { DatasetFrame, FrameRequest } from "./dataset/dataset-frame.ts";
import { freezeDataset } from "./dataset/freeze.ts";
import type { DatasetManifest, FreezeRequest } from "./dataset/manifest.ts";
import { readFrame } from "./dataset/read-frame.ts";
import { reportDataset } from "./dataset/report.ts";
import { Database } from "./engine/database.ts";
import { explainValue } from "./explain/explain-value.ts";
import type { Explanation, ExplainRequest } from "./explain/explanation.ts";
import { fillSpine, spineColumnsOf } from "./fill/fill.ts";
import type { Filled } from "./fill/filled.ts";
import { FilledTable } from "./fill/filled-table.ts";
import type { FillRequest, History, HistoryOptions } from "./history.ts";
import { Containment } from "./source/containment.ts";
import { inspectSource } from "./source/inspect.ts";
import type { SourceInspection } from "./source/inspection.ts";
import type { Reach } from "./source/relation.ts";
import { spineTable } from "./spine/spine-table.ts";
import { SweepPool } from "./sweep/sweep-pool.ts";

const factsPerPass = 8_000_000;
const valuesPerBlock = 60_000_000;

/** Opens history over a project's files. `invalid_input` for options that make no sense. */
export async function openHistory(options: HistoryOptions): Promise<History> {
  for (const name of ["factsPerPass", "valuesPerBlock"] as const) {
    const value = options[name];
    if (value === undefined || (Number.isInteger(value) && value >= 1)) continue;
    throw new PawlError("invalid_input", `${name} must be a whole number of at least 1.`, {
      found: String(value),
    });
  }
  const database = await Database.open(options);
  return new DuckdbHistory(options, database);
}

class DuckdbHistory implements History {
  readonly #options: HistoryOptions;
  readonly #database: Database;
  readonly #containment: Containment;
  readonly #pool: SweepPool;

  constructor(options: HistoryOptions, database: Database) {
    this.#options = options;
    this.#database = database;
    this.#containment = new Containment(options.root, options.allow);
    this.#pool = new SweepPool(options.threads ?? availableParallelism());
  }

  check(plan: Plan): void {
    checkPlan(plan);
  }

  inspect(source: Source, work: Work = {}): Promise<SourceInspection> {
    return this.#with(work, (reach) => inspectSource(reach, source));
  }

  async fill(request: FillRequest, work: Work = {}): Promise<Filled> {
    const { plan, spine, asOf } = request;
    checkPlan(plan);
    const reach = await this.#reach(work);
    try {
      work.onProgress?.({ stage: "reading the spine", done: 0 });
      const table = await spineTable(reach, spine, asOf, { columns: spineColumnsOf(plan) });
      const result = await fillSpine(reach, this.#pool, plan, table, this.#fillOptions(request), work);
      return new FilledTable(reach, result);
    } catch (thrown) {
      await reach.session.close();
      throw thrown;
    }
  }

  freezeDataset(request: FreezeRequest, work: Work = {}): Promise<DatasetManifest> {
    return this.#with(work, (reach) =>
      freezeDataset(reach, this.#pool, request, this.#fillOptions(request), work),
    );
  }

  readFrame(path: string, request: FrameRequest, work: Work = {}): Promise<DatasetFrame> {
    return this.#with(work, (reach) => readFrame(reach, path, request, work));
  }

  report(path: string, request: ReportRequest = {}, work: Work = {}): Promise<DataReport> {
    return this.#with(work, (reach) => reportDataset(reach, path, request, work));
  }

  explainValue(request: ExplainRequest, work: Work = {}): Promise<Explanation> {
    return this.#with(work, (reach) => explainValue(reach, request));
  }

  async close(): Promise<void> {
    this.#pool.close();
    await this.#database.close();
  }

  #fillOptions(request: { ignoreKnownTime?: boolean; predictions?: ReadonlyMap<string, Float64Array> }) {
    return {
      ignoreKnownTime: request.ignoreKnownTime === true,
      factsPerPass: this.#options.factsPerPass ?? factsPerPass,
      valuesPerBlock: this.#options.valuesPerBlock ?? valuesPerBlock,
      predictions: request.predictions ?? new Map<string, Float64Array>(),
      carry: [],
    };
  }

  async #reach(work: Work): Promise<Reach> {
    const session = await this.#database.session(work.signal);
    const locate = this.#options.locate ?? ownLocation;
    return { database: this.#database, session, containment: this.#containment, locate };
  }

  async #with<R>(work: Work, run: (reach: Reach) => Promise<R>): Promise<R> {
    const reach = await this.#reach(work);
    try {
      return await run(reach);
    } finally {
      await reach.session.close();
    }
  }
}

function ownLocation(source: Source): readonly Location[] {
  return source.from ? [source.from] : [];
}
