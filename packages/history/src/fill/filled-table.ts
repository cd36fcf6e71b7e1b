import type { Value, Work } from "@pawl/core";
import type { Session } from "../engine/session.ts";
import type { Reach } from "../source/relation.ts";
import type { ResultColumn, ResultTable } from "./fill.ts";
import type { Batch, Filled, FilledColumn } from "./filled.ts";
import { plainValue } from "./on-demand-table.ts";
import { readBatches } from "./read-batches.ts";
import { writeParquet } from "./write-parquet.ts";

/** A result that lies in the temporary tables of its session. */
export class FilledTable implements Filled {
  readonly rows: number;
  readonly columns: readonly FilledColumn[];
  readonly #reach: Reach;
  readonly #session: Session;
  readonly #from: string;
  readonly #columns: readonly ResultColumn[];

  constructor(reach: Reach, result: ResultTable) {
    this.#reach = reach;
    this.#session = reach.session;
    this.#from = result.from;
    this.#columns = result.columns;
    this.rows = result.rows;
    this.columns = result.columns.map(({ name, kind }) => ({ name, kind }));
  }

  batches(work: Work = {}): AsyncIterable<Batch> {
    return readBatches(this.#session, this.#from, this.#columns, work);
  }

  async rowObjects(work: Work = {}): Promise<Record<string, Value>[]> {
    const rows: Record<string, Value>[] = [];
    for await (const batch of this.batches(work)) {
      for (let i = 0; i < batch.rows; i++) {
        const cells = batch.columns.map(({ kind, values }, c) => {
          return [this.#columns[c]?.name ?? "", plainValue(values[i] as Value, kind)] as const;
        });
        rows.push(Object.fromEntries(cells));
      }
    }
    return rows;
  }

  async writeParquet(path: string): Promise<{ readonly bytes: number }> {
    const target = this.#reach.containment.resolve(path);
    return writeParquet(this.#session, this.#from, this.#columns, target);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
