import { sortBy } from "./sort-by.ts";
import type { SweepJob, SweepSlot } from "./sweep-job.ts";

/**
 * The rows of one key in order of asOf, and room for their answers side by side: aggregates write here, in
 * near memory, and each row's record is then met once.
 */
export class KeyAnswers {
  size = 0;
  /** Ascending. */
  asOf = new Float64Array(0);
  /** Row r's answers are at `r * width`. */
  out = new Float64Array(0);
  readonly width: number;
  readonly #job: SweepJob;
  /** Stretches of a record that these slots fill. */
  readonly #stretches: readonly { readonly from: number; readonly until: number }[];
  #order = new Int32Array(0);
  #scratch = new Int32Array(0);

  constructor(job: SweepJob, slots: readonly SweepSlot[]) {
    this.#job = job;
    this.width = job.outWidth;
    const stretches: { from: number; until: number }[] = [];
    for (const { column, items } of [...slots].sort((a, b) => a.column - b.column)) {
      const last = stretches.at(-1);
      if (last?.until === column) last.until = column + 1 + items;
      else stretches.push({ from: column, until: column + 1 + items });
    }
    this.#stretches = stretches;
  }

  load(key: number): void {
    const { offsets, order, asOf } = this.#job.rows;
    const start = offsets[key] as number;
    const n = (offsets[key + 1] as number) - start;
    this.size = n;
    if (this.asOf.length < n) {
      const capacity = Math.max(64, n * 2);
      this.asOf = new Float64Array(capacity);
      this.#order = new Int32Array(capacity);
      this.#scratch = new Int32Array(capacity);
      this.out = new Float64Array(capacity * this.width);
    }
    for (let i = 0; i < n; i++) this.#order[i] = order[start + i] as number;
    sortBy(asOf, this.#order, n, this.#scratch);
    for (let i = 0; i < n; i++) this.asOf[i] = asOf[this.#order[i] as number] as number;
    this.out.fill(Number.NaN, 0, n * this.width);
  }

  /** Puts the answers where the rows are in the spine. */
  store(): void {
    const { out } = this.#job;
    const { width } = this;
    for (let r = 0; r < this.size; r++) {
      const from = r * width;
      const to = (this.#order[r] as number) * width;
      for (const stretch of this.#stretches) {
        for (let i = stretch.from; i < stretch.until; i++) out[to + i] = this.out[from + i] as number;
      }
    }
  }
}
