import {
  encodeModelDocument,
  modelHash,
  outputsOf,
  type CellValue,
  type Explanation,
  type Frame,
  type Importance,
  type Link,
  type ModelColumn,
  type ModelDocument,
  type Task,
  type TrainedModel,
  type TreeEnsemble,
} from "@pawl/core";
import { headerOf, readFields, type ModelFields } from "../model/document-fields.ts";
import { applyLink } from "../model/link.ts";
import { categoryCodes, columnReaders, encodeRecord, readCell } from "../model/model-rows.ts";
import { readTrees, treeSections } from "./tree-sections.ts";
import { TreeScorer } from "./tree-scorer.ts";
import { TreeShap, expectedMargins } from "./tree-shap.ts";
import { treesToOnnx } from "./trees-onnx.ts";

/** Rows scored together; their float32 block and one tree fit the first-level caches. */
const blockRows = 256;

/** A model that is a sum of trees: boosting, isolation forest, LightGBM's trees, residual patches. */
export class TreesModel implements TrainedModel {
  readonly estimator: string;
  readonly task: Task;
  readonly columns: readonly ModelColumn[];
  readonly outputs: number;
  readonly link: Link;
  private readonly codes: readonly (ReadonlyMap<string, number> | undefined)[];
  private readonly scorer: TreeScorer;
  private bias: Float64Array | undefined;
  private shap: TreeShap | undefined;

  readonly fields: ModelFields;
  readonly trees: TreeEnsemble;

  constructor(fields: ModelFields, trees: TreeEnsemble) {
    this.fields = fields;
    this.trees = trees;
    ({ estimator: this.estimator, task: this.task, columns: this.columns, link: this.link } = fields);
    this.outputs = outputsOf(fields.task);
    this.codes = categoryCodes(this.columns);
    this.scorer = new TreeScorer(trees, this.columns.length);
  }

  static fromDocument(document: ModelDocument): TreesModel {
    const fields = readFields(document);
    return new TreesModel(fields, readTrees(document, outputsOf(fields.task), fields.columns.length));
  }

  document(): ModelDocument {
    return { header: headerOf("trees", this.fields), sections: treeSections(this.trees) };
  }

  bytes(): Uint8Array {
    return encodeModelDocument(this.document());
  }

  hash(): string {
    return modelHash(this.bytes());
  }

  predict(frame: Frame): Float64Array {
    const margins = this.margins(frame);
    applyLink(this.link, this.outputs, margins);
    return margins;
  }

  margins(frame: Frame): Float64Array {
    const readers = columnReaders(this.columns, frame);
    const { outputs } = this;
    const width = readers.length;
    const margins = new Float64Array(frame.rows * outputs);
    for (let i = 0; i < margins.length; i++) margins[i] = this.trees.base[i % outputs] ?? 0;
    const block = new Float32Array(Math.min(blockRows, frame.rows) * width);
    for (let start = 0; start < frame.rows; start += blockRows) {
      const rows = Math.min(blockRows, frame.rows - start);
      for (const [c, reader] of readers.entries()) {
        for (let r = 0; r < rows; r++) block[r * width + c] = readCell(reader, start + r);
      }
      this.scorer.addBlock(block, rows, margins, start * outputs);
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
    this.scorer.scoreRow(row, out);
    applyLink(this.link, this.outputs, out);
  }

  /** The leaf (node index in `trees`) an encoded row reaches in every tree. */
  leaves(row: Float64Array): Int32Array {
    return this.scorer.leaves(row);
  }

  explain(row: Float64Array): Explanation {
    this.bias ??= expectedMargins(this.trees);
    const contributions = new Float64Array(this.columns.length * this.outputs);
    this.shap ??= new TreeShap(this.trees);
    this.shap.explain(row, contributions);
    const margin = new Float64Array(this.outputs);
    this.scorer.scoreRow(row, margin);
    return { bias: Float64Array.from(this.bias), contributions, margin };
  }

  importance(): readonly Importance[] {
    const gain = new Float64Array(this.columns.length);
    const splits = new Float64Array(this.columns.length);
    let total = 0;
    for (const [n, feature] of this.trees.feature.entries()) {
      if (feature < 0) continue;
      gain[feature] = (gain[feature] ?? 0) + (this.trees.gain[n] ?? 0);
      splits[feature] = (splits[feature] ?? 0) + 1;
      total += this.trees.gain[n] ?? 0;
    }
    return this.columns.map(({ name }, c) => ({
      column: name,
      gain: total > 0 ? (gain[c] ?? 0) / total : 0,
      splits: splits[c] ?? 0,
    }));
  }

  toOnnx(): Uint8Array {
    return treesToOnnx(this.fields, this.trees);
  }
}
