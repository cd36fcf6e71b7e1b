import { PawlError } from "@pawl/core";
import { loadLightgbm, type Handle, type LightgbmFunctions } from "./lightgbm-library.ts";

const float32 = 0;
const float64 = 1;

/** Rows for LightGBM: row-major float32 cells, labels, weights and starting margins (output by output). */
export interface LightgbmRows {
  readonly cells: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly label: Float32Array;
  readonly weight: Float32Array | undefined;
  readonly initScore: Float64Array | undefined;
}

/** A training in LightGBM. `close` frees everything; nothing else may be called after it. */
export class LightgbmBooster {
  private readonly api: LightgbmFunctions;
  private readonly datasets: Handle[] = [];
  private readonly booster: Handle;

  constructor(path: string, parameters: string, fit: LightgbmRows, watch: LightgbmRows | undefined) {
    this.api = loadLightgbm(path);
    try {
      const train = this.dataset(fit, parameters, null);
      const out: [Handle] = [null];
      this.check(this.api.boosterCreate(train, parameters, out));
      this.booster = out[0];
      if (watch !== undefined) {
        this.check(this.api.boosterAddValid(this.booster, this.dataset(watch, parameters, train)));
      }
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  private check(code: number): void {
    if (code === 0) return;
    throw new PawlError("invalid_input", "LightGBM refused the training.", { found: this.api.lastError() });
  }

  private dataset(rows: LightgbmRows, parameters: string, reference: Handle): Handle {
    const out: [Handle] = [null];
    const { cells, label, weight, initScore } = rows;
    this.check(
      this.api.datasetFromMat(cells, float32, rows.rows, rows.columns, 1, parameters, reference, out),
    );
    const dataset = out[0];
    this.datasets.push(dataset);
    const field = (name: string, data: Float32Array | Float64Array, type: number): void =>
      this.check(this.api.datasetSetField(dataset, name, data, data.length, type));
    field("label", label, float32);
    if (weight !== undefined) field("weight", weight, float32);
    if (initScore !== undefined) field("init_score", initScore, float64);
    return dataset;
  }

  /** One round; false when no split was found any more. */
  update(): boolean {
    const finished = new Int32Array(1);
    this.check(this.api.boosterUpdate(this.booster, finished));
    return finished[0] === 0;
  }

  /** The first metric on the watched rows. */
  watchedLoss(): number {
    const results = new Float64Array(8);
    this.check(this.api.boosterEval(this.booster, 1, new Int32Array(1), results));
    return results[0] ?? Number.NaN;
  }

  /**
   * LightGBM's own answers for rows, by the first `rounds` rounds: `margin`, one an output, or
   * `contributions`, columns + 1 an output, the last being the bias.
   */
  predict(
    kind: "margin" | "contributions",
    rows: LightgbmRows,
    outputs: number,
    rounds: number,
  ): Float64Array {
    const each = kind === "margin" ? outputs : outputs * (rows.columns + 1);
    const results = new Float64Array(rows.rows * each);
    const length = new BigInt64Array(1);
    const { cells, columns } = rows;
    const code = kind === "margin" ? 1 : 3;
    this.check(
      this.api.boosterPredict(
        this.booster,
        cells,
        float32,
        rows.rows,
        columns,
        1,
        code,
        0,
        rounds,
        "",
        length,
        results,
      ),
    );
    return results;
  }

  /** The model in LightGBM's text form, its first `rounds` rounds. */
  text(rounds: number): string {
    const length = new BigInt64Array(1);
    this.check(this.api.boosterSave(this.booster, 0, rounds, 0, 0, length, null));
    const size = Number(length[0] ?? 0n);
    const bytes = new Uint8Array(size);
    this.check(this.api.boosterSave(this.booster, 0, rounds, 0, size, length, bytes));
    // The length counts the closing zero.
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, size - 1)));
  }

  close(): void {
    if (this.booster !== undefined && this.booster !== null) this.api.boosterFree(this.booster);
    for (const dataset of this.datasets.splice(0)) this.api.datasetFree(dataset);
  }
}
