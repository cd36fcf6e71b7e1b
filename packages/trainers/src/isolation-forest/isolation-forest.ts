import {
  categoricalNode,
  numericNode,
  permutation,
  seededRandom,
  type Frame,
  type FrameColumn,
  type ModelColumn,
  type ModelDocument,
  type ParamSpecs,
  type Progress,
  type SeededRandom,
  type TrainingInput,
} from "@pawl/core";
import { thresholdBetween } from "../boosting/column-bins.ts";
import { standardEncodings } from "../linear/standard-encodings.ts";
import { defineEstimator } from "../thread/define-estimator.ts";
import type { TrainingDefinition } from "../thread/training-definition.ts";
import { TreeBuilder, newLeaf, type TreeNode } from "../trees/tree-builder.ts";
import { TreesModel } from "../trees/trees-model.ts";

export interface IsolationForestParams {
  readonly trees: number;
  readonly sampleRows: number;
}

const params: ParamSpecs<IsolationForestParams> = {
  trees: { type: "integer", about: "Trees in the forest.", default: 100, min: 1, max: 100_000 },
  sampleRows: { type: "integer", about: "Rows each tree is grown on.", default: 256, min: 2, max: 1e6 },
};

/** c(n): the mean path length of an unsuccessful search in a binary search tree of n rows. */
function expectedPath(rows: number): number {
  if (rows <= 1) return 0;
  if (rows === 2) return 1;
  const harmonic = Math.log(rows - 1) + 0.5772156649015329;
  return 2 * harmonic - (2 * (rows - 1)) / rows;
}

type Cut = Pick<TreeNode, "kind" | "feature" | "threshold" | "missingLeft" | "categories">;

/** Grows one random tree. */
class IsolationTree {
  readonly nodes: TreeNode[] = [];
  private readonly frame: Frame;
  private readonly codes: readonly Map<number, number>[];
  private readonly random: SeededRandom;
  private readonly depthLimit: number;
  /** What a path of length 1 is worth. */
  private readonly unit: number;

  constructor(
    frame: Frame,
    codes: readonly Map<number, number>[],
    random: SeededRandom,
    depthLimit: number,
    unit: number,
  ) {
    this.frame = frame;
    this.codes = codes;
    this.random = random;
    this.depthLimit = depthLimit;
    this.unit = unit;
  }

  grow(rows: Int32Array, depth: number): number {
    const index = this.nodes.length;
    const node = newLeaf((depth + expectedPath(rows.length)) * this.unit, rows.length, rows.length);
    this.nodes.push(node);
    const cut = depth < this.depthLimit && rows.length > 1 ? this.cut(rows) : undefined;
    if (cut === undefined) return index;
    Object.assign(node, cut);
    const left = rows.filter((row) => this.goesLeft(cut, row));
    const right = rows.filter((row) => !this.goesLeft(cut, row));
    node.left = this.grow(left, depth + 1);
    node.right = this.grow(right, depth + 1);
    return index;
  }

  /** The cell as the model reads it. */
  private cell(column: number, row: number): number {
    const found = this.frame.columns[column] as FrameColumn;
    if (found.kind === "numeric") return Math.fround(found.values[row] as number);
    return this.codes[column]?.get(found.codes[row] as number) ?? Number.NaN;
  }

  private goesLeft(cut: Cut, row: number): boolean {
    const x = this.cell(cut.feature, row);
    if (Number.isNaN(x)) return cut.missingLeft;
    return cut.kind === numericNode ? x <= cut.threshold : cut.categories.includes(x);
  }

  /** A random cut that parts the rows, or undefined when they are all alike. */
  private cut(rows: Int32Array): Cut | undefined {
    for (const feature of permutation(this.frame.columns.length, this.random)) {
      const cells = Array.from(rows, (row) => this.cell(feature, row));
      const present = cells.filter((x) => !Number.isNaN(x));
      const missing = present.length < cells.length;
      if (present.length === 0) continue;
      const cut =
        this.frame.columns[feature]?.kind === "numeric"
          ? this.numericCut(feature, present, missing)
          : this.categoricalCut(feature, present, missing);
      if (cut !== undefined) return cut;
    }
    return undefined;
  }

  private numericCut(feature: number, present: readonly number[], missing: boolean): Cut | undefined {
    const low = present.reduce((a, b) => Math.min(a, b), Infinity);
    const high = present.reduce((a, b) => Math.max(a, b), -Infinity);
    const base = { kind: numericNode, feature, categories: [] } as const;
    if (low === high) return missing ? { ...base, threshold: Infinity, missingLeft: false } : undefined;
    const missingLeft = this.random.next() < 0.5;
    const drawn = Math.fround(low + this.random.next() * (high - low));
    const threshold = drawn >= low && drawn < high ? drawn : thresholdBetween(low, high);
    return { ...base, threshold, missingLeft };
  }

  private categoricalCut(feature: number, present: readonly number[], missing: boolean): Cut | undefined {
    const seen = [...new Set(present)].toSorted((a, b) => a - b);
    const base = { kind: categoricalNode, feature, threshold: 0 } as const;
    if (seen.length === 1) return missing ? { ...base, categories: seen, missingLeft: false } : undefined;
    const missingLeft = this.random.next() < 0.5;
    const order = permutation(seen.length, this.random);
    const size = 1 + this.random.below(seen.length - 1);
    const categories = Array.from(order.subarray(0, size), (i) => seen[i] ?? 0).toSorted((a, b) => a - b);
    return { ...base, categories, missingLeft };
  }
}

/**
 * Isolation forest (Liu, Ting & Zhou 2008). The margin is the mean path length over its expectation
 * c(sample); the score 2^−margin is near 1 for rows that few random cuts isolate.
 */
function fitIsolationForest(
  input: TrainingInput,
  { trees, sampleRows }: IsolationForestParams,
  report: (progress: Progress) => void,
): ModelDocument {
  const { frame, task, seed } = input;
  const { columns } = standardEncodings(frame, undefined);
  const codes = frame.columns.map((column, c) => modelCodes(column, columns[c]));
  const size = Math.min(sampleRows, frame.rows);
  const depthLimit = Math.max(1, Math.ceil(Math.log2(size)));
  const unit = 1 / (trees * Math.max(expectedPath(size), 1));
  const builder = new TreeBuilder();
  for (let t = 0; t < trees; t++) {
    const random = seededRandom(seed, t);
    const tree = new IsolationTree(frame, codes, random, depthLimit, unit);
    tree.grow(sample(frame.rows, size, random), 0);
    builder.add(0, tree.nodes);
    report({ stage: "tree", done: t + 1, total: trees });
  }
  const fields = {
    estimator: "isolation-forest",
    task,
    columns,
    link: "isolation",
    training: { params: { trees, sampleRows }, seed, rows: frame.rows },
  } as const;
  return new TreesModel(fields, builder.build(new Float64Array(1))).document();
}

function modelCodes(column: FrameColumn, known: ModelColumn | undefined): Map<number, number> {
  if (column.kind === "numeric" || known?.kind !== "categorical") return new Map();
  const codeOf = new Map(known.categories.map((name, code) => [name, code]));
  return new Map(column.categories.map((name, code) => [code, codeOf.get(name) ?? Number.NaN]));
}

/** Different rows, by Floyd's algorithm, ascending. */
function sample(rows: number, size: number, random: SeededRandom): Int32Array {
  const taken = new Set<number>();
  for (let last = rows - size; last < rows; last++) {
    const drawn = random.below(last + 1);
    taken.add(taken.has(drawn) ? last : drawn);
  }
  return Int32Array.from(taken).sort();
}

export const isolationForestDefinition: TrainingDefinition<IsolationForestParams> = {
  name: "isolation-forest",
  about: "Finds rows unlike the rest without labels: random cuts isolate them early.",
  tasks: ["anomaly"],
  params,
  traits: { warmStart: false, weights: false, rowOrderFree: false, monotone: false, onnx: true },
  heavy: true,
  fit: fitIsolationForest,
};

export const isolationForest = defineEstimator(isolationForestDefinition);
