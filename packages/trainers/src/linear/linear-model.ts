import {
  PawlError,
  encodeModelDocument,
  modelHash,
  outputsOf,
  type CellValue,
  type Explanation,
  type Frame,
  type Importance,
  type Json,
  type Link,
  type ModelColumn,
  type ModelDocument,
  type Section,
  type Task,
  type TrainedModel,
} from "@pawl/core";
import { headerOf, readFields, sectionOf, type ModelFields } from "../model/document-fields.ts";
import { applyLink } from "../model/link.ts";
import { categoryCodes, columnReaders, encodeRecord, readCell } from "../model/model-rows.ts";
import { doorValue, levelOf, termCount, type ColumnEncoding } from "./column-encoding.ts";
import { linearToOnnx } from "./linear-onnx.ts";

/** The numbers of a linear model. */
export interface LinearParts {
  /** One per model column. */
  readonly encodings: readonly ColumnEncoding[];
  /** One per output. */
  readonly bias: Float64Array;
  /** Terms × outputs, columns' terms one after the other. */
  readonly coefficients: Float64Array;
  /** Columns × outputs: the mean contribution in training, the reference of explanations. */
  readonly mean: Float64Array;
  /** Per column: the mean |contribution − mean| in training, summed over outputs. */
  readonly spread: Float64Array;
  /** What a learner needs to go on, by name. */
  readonly state: Readonly<Record<string, Section>>;
}

/** A model whose margin is a sum of one contribution a column: linear, logistic, FTRL, baselines. */
export class LinearModel implements TrainedModel {
  readonly estimator: string;
  readonly task: Task;
  readonly columns: readonly ModelColumn[];
  readonly outputs: number;
  readonly link: Link;
  readonly fields: ModelFields;
  readonly parts: LinearParts;
  private readonly codes: readonly (ReadonlyMap<string, number> | undefined)[];
  /** The first term of each column. */
  private readonly starts: Int32Array;

  constructor(fields: ModelFields, parts: LinearParts) {
    this.fields = fields;
    this.parts = parts;
    ({ estimator: this.estimator, task: this.task, columns: this.columns, link: this.link } = fields);
    this.outputs = outputsOf(fields.task);
    this.codes = categoryCodes(this.columns);
    this.starts = termStarts(parts.encodings);
  }

  static fromDocument(document: ModelDocument): LinearModel {
    const fields = readFields(document);
    const f64 = (name: string) => sectionOf(document, name, Float64Array);
    const encodings = document.header["encodings"] as unknown as readonly ColumnEncoding[];
    const parts: LinearParts = {
      encodings,
      bias: f64("bias"),
      coefficients: f64("coefficients"),
      mean: f64("mean"),
      spread: f64("spread"),
      state: Object.fromEntries(
        Object.entries(document.sections)
          .filter(([name]) => name.startsWith("state."))
          .map(([name, section]) => [name.slice("state.".length), section]),
      ),
    };
    const outputs = outputsOf(fields.task);
    const columns = fields.columns.length;
    const fine =
      Array.isArray(encodings) &&
      encodings.length === columns &&
      parts.bias.length === outputs &&
      parts.coefficients.length === (termStarts(encodings).at(-1) ?? 0) * outputs &&
      parts.mean.length === columns * outputs &&
      parts.spread.length === columns;
    if (!fine) {
      throw new PawlError("bad_data", "This linear model is damaged.", {
        found: "coefficients that do not fit its columns",
        next: "Fetch the model again and compare its SHA-256.",
      });
    }
    return new LinearModel(fields, parts);
  }

  document(): ModelDocument {
    const { encodings, bias, coefficients, mean, spread, state } = this.parts;
    const states = Object.entries(state).map(([name, section]) => [`state.${name}`, section] as const);
    return {
      header: { ...headerOf("linear", this.fields), encodings: encodings as unknown as Json },
      sections: { bias, coefficients, mean, spread, ...Object.fromEntries(states) },
    };
  }

  bytes(): Uint8Array {
    return encodeModelDocument(this.document());
  }

  hash(): string {
    return modelHash(this.bytes());
  }

  /** What column `c` with cell `x` adds to output `o`. */
  private contribution(c: number, x: number, o: number): number {
    const { encodings, coefficients } = this.parts;
    const { outputs } = this;
    const start = this.starts[c] as number;
    const encoding = encodings[c] as ColumnEncoding;
    if (encoding.kind === "unused") return 0;
    if (encoding.kind !== "numeric") {
      return coefficients[(start + levelOf(encoding, x)) * outputs + o] as number;
    }
    if (x !== x) return coefficients[(start + 1) * outputs + o] as number;
    const slope = coefficients[start * outputs + o] as number;
    return ((doorValue(x) - encoding.center) / encoding.scale) * slope;
  }

  predict(frame: Frame): Float64Array {
    const margins = this.margins(frame);
    applyLink(this.link, this.outputs, margins);
    return margins;
  }

  margins(frame: Frame): Float64Array {
    const readers = columnReaders(this.columns, frame);
    const { outputs } = this;
    const margins = new Float64Array(frame.rows * outputs);
    for (let i = 0; i < margins.length; i++) margins[i] = this.parts.bias[i % outputs] ?? 0;
    for (const [c, reader] of readers.entries()) {
      for (let row = 0; row < frame.rows; row++) {
        const x = readCell(reader, row);
        for (let o = 0; o < outputs; o++) {
          const at = row * outputs + o;
          margins[at] = (margins[at] as number) + this.contribution(c, x, o);
        }
      }
    }
    return margins;
  }

  encodeRow(record: Readonly<Record<string, CellValue>>): Float64Array {
    return encodeRecord(this.columns, this.codes, record);
  }

  rowOf(frame: Frame, row: number): Float64Array {
    return Float64Array.from(columnReaders(this.columns, frame), (reader) => readCell(reader, row));
  }

  scoreRow(row: Float64Array, out: Float64Array): void {
    this.marginRow(row, out);
    applyLink(this.link, this.outputs, out);
  }

  private marginRow(row: Float64Array, out: Float64Array): void {
    const columns = this.columns.length;
    for (let o = 0; o < this.outputs; o++) {
      let sum = this.parts.bias[o] as number;
      for (let c = 0; c < columns; c++) sum += this.contribution(c, row[c] as number, o);
      out[o] = sum;
    }
  }

  /** Exact for a linear model with independent columns: contribution − its mean in training. */
  explain(row: Float64Array): Explanation {
    const { mean } = this.parts;
    const { outputs } = this;
    const bias = Float64Array.from(this.parts.bias);
    for (let i = 0; i < mean.length; i++) bias[i % outputs] = (bias[i % outputs] ?? 0) + (mean[i] ?? 0);
    const contributions = Float64Array.from(
      mean,
      (center, i) =>
        this.contribution(Math.floor(i / outputs), row[Math.floor(i / outputs)] ?? Number.NaN, i % outputs) -
        center,
    );
    const margin = new Float64Array(outputs);
    this.marginRow(row, margin);
    return { bias, contributions, margin };
  }

  importance(): readonly Importance[] {
    const { spread, coefficients } = this.parts;
    const total = spread.reduce((sum, one) => sum + one, 0);
    return this.columns.map(({ name }, c) => {
      const own = coefficients.subarray(
        (this.starts[c] ?? 0) * this.outputs,
        (this.starts[c + 1] ?? 0) * this.outputs,
      );
      return {
        column: name,
        gain: total > 0 ? (spread[c] ?? 0) / total : 0,
        splits: own.reduce((count, one) => count + (one === 0 ? 0 : 1), 0),
      };
    });
  }

  toOnnx(): Uint8Array {
    return linearToOnnx(this.fields, this.parts);
  }
}

/** The first term of each column, and the number of terms at the end. */
export function termStarts(encodings: readonly ColumnEncoding[]): Int32Array {
  const starts = new Int32Array(encodings.length + 1);
  for (const [c, encoding] of encodings.entries()) starts[c + 1] = (starts[c] ?? 0) + termCount(encoding);
  return starts;
}
