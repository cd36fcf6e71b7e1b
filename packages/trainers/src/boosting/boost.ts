import {
  seededRandom,
  type Frame,
  type ModelDocument,
  type Progress,
  type TrainedModel,
  type TrainingInput,
} from "@pawl/core";
import { linkOf } from "../model/link.ts";
import { TreeBuilder, type TreeNode } from "../trees/tree-builder.ts";
import { TreesModel } from "../trees/trees-model.ts";
import { binFrame, modelColumns, type BinnedFrame } from "./binned-frame.ts";
import { addTreeValues } from "./binned-tree.ts";
import { initialTrees, monotoneSigns, rowsToUse } from "./boosting-input.ts";
import type { BoostingParams } from "./boosting-params.ts";
import { objectiveOf, type Derivatives, type Objective } from "./objective.ts";
import { packDerivatives } from "./packed-derivatives.ts";
import { TreeGrower, type GrownTree } from "./tree-grower.ts";

/** Bins a byte can name, the missing one apart. */
const mostBins = 255;

export const boostingName = "gradient-boosting";

/** Gradient boosting (Friedman 2001) on histograms, synchronously: what the training thread runs. */
export function boost(
  input: TrainingInput,
  params: BoostingParams,
  report: (progress: Progress) => void,
): ModelDocument {
  const { frame, task, target, weights, seed } = input;
  const signs = monotoneSigns(input, params);
  const { fit, watch } = rowsToUse(input, params);
  report({ stage: "binning columns", done: 0 });
  const init = initialTrees(input.init, mostBins);
  const binned = binFrame(frame, weights, params.maxBins, init?.columns);
  const objective = objectiveOf(task, target, weights);
  const base = init?.trees.base ?? objective.base(fit);
  const margins = startMargins(frame, base, input.init);
  const builder = new TreeBuilder();
  if (init !== undefined) builder.addAll(init.trees);
  const rounds = new Rounds(binned, objective, signs, params, seed, builder.length);
  const patience = params.patience;
  let best = {
    loss: watch.length > 0 ? objective.loss(margins, watch) : 0,
    length: builder.length,
    round: 0,
  };
  for (let round = 1; round <= params.rounds; round++) {
    rounds.run(round, margins, fit, watch, builder);
    report({ stage: "tree", done: round, total: params.rounds });
    if (patience === 0) continue;
    const loss = objective.loss(margins, watch);
    if (loss < best.loss) best = { loss, length: builder.length, round };
    else if (round - best.round >= patience) break;
  }
  if (patience > 0) builder.truncate(best.length);
  const fields = {
    estimator: boostingName,
    task,
    columns: modelColumns(frame, binned.bins),
    link: linkOf(task),
    training: {
      params: { ...params, monotone: { ...params.monotone } },
      seed,
      rows: frame.rows,
      heldOut: watch.length,
      continuedFrom: input.init?.hash() ?? null,
    },
  };
  return new TreesModel(fields, builder.build(base)).document();
}

/** Margins output by output, before the first new tree. */
function startMargins(frame: Frame, base: Float64Array, init: TrainedModel | undefined): Float64Array {
  const { rows } = frame;
  const outputs = base.length;
  const margins = new Float64Array(rows * outputs);
  const from = init?.margins(frame);
  for (let o = 0; o < outputs; o++) {
    for (let row = 0; row < rows; row++) {
      margins[o * rows + row] = from?.[row * outputs + o] ?? base[o] ?? 0;
    }
  }
  return margins;
}

/** Runs boosting rounds, keeping what they share. */
class Rounds {
  private readonly grower: TreeGrower;
  private readonly derivatives: Derivatives;
  private readonly packed: Float64Array;

  private readonly frame: BinnedFrame;
  private readonly objective: Objective;
  private readonly params: BoostingParams;
  private readonly seed: number;
  /** Trees of the continued model: other random streams than theirs. */
  private readonly treesBefore: number;

  constructor(
    frame: BinnedFrame,
    objective: Objective,
    signs: Int8Array,
    params: BoostingParams,
    seed: number,
    treesBefore: number,
  ) {
    this.frame = frame;
    this.objective = objective;
    this.params = params;
    this.seed = seed;
    this.treesBefore = treesBefore;
    this.grower = new TreeGrower(frame, signs, params);
    const size = frame.rows * objective.outputs;
    this.derivatives = { gradient: new Float64Array(size), hessian: new Float64Array(size) };
    this.packed = new Float64Array(frame.rows);
  }

  run(round: number, margins: Float64Array, fit: Int32Array, watch: Int32Array, builder: TreeBuilder): void {
    const { frame, objective, params } = this;
    this.objective.derive(margins, fit, this.derivatives);
    for (let output = 0; output < objective.outputs; output++) {
      const random = seededRandom(this.seed, this.treesBefore + round * objective.outputs + output);
      const { taken, left } = sampleRows(fit, params.rowShare, random.next);
      const features = sampleFeatures(frame.bins.length, params.featureShare, random.next);
      const offset = output * frame.rows;
      const { gradient, hessian } = this.derivatives;
      const steps = packDerivatives(gradient, hessian, offset, taken, random.below(2 ** 32), this.packed);
      const grown = this.grower.grow(steps, taken, features);
      this.setValues(grown, taken, offset);
      addLeafValues(grown, taken, margins, offset);
      addTreeValues(grown.tree, frame, left, margins, offset);
      addTreeValues(grown.tree, frame, watch, margins, offset);
      builder.add(output, grown.tree.nodes);
    }
  }

  /** Sets every node's value, count and hessian from the unrounded derivatives of its rows. */
  private setValues({ tree, leaves }: GrownTree, rows: Int32Array, offset: number): void {
    const { gradient, hessian } = this.derivatives;
    const { l1, l2, learningRate } = this.params;
    const sums = new Float64Array(tree.nodes.length);
    const valueOf = (g: number, h: number, penalty: number): number => {
      const shrunk = g > l1 ? g - l1 : g < -l1 ? g + l1 : 0;
      return h + penalty > 0 ? -shrunk / (h + penalty) : 0;
    };
    for (const leaf of leaves) {
      let g = 0;
      let h = 0;
      for (let i = leaf.start; i < leaf.end; i++) {
        const at = offset + (rows[i] as number);
        g += gradient[at] as number;
        h += hessian[at] as number;
      }
      const node = tree.nodes[leaf.node] as TreeNode;
      sums[leaf.node] = g;
      node.hessian = h;
      node.count = leaf.end - leaf.start;
      node.value = learningRate * Math.min(Math.max(valueOf(g, h, leaf.l2), leaf.low), leaf.high);
    }
    for (let n = tree.nodes.length - 1; n >= 0; n--) {
      const node = tree.nodes[n] as TreeNode;
      if (node.left < 0) continue;
      const left = tree.nodes[node.left] as TreeNode;
      const right = tree.nodes[node.right] as TreeNode;
      sums[n] = (sums[node.left] as number) + (sums[node.right] as number);
      node.hessian = left.hessian + right.hessian;
      node.count = left.count + right.count;
      node.value = learningRate * valueOf(sums[n] as number, node.hessian, l2);
    }
  }
}

function addLeafValues(grown: GrownTree, rows: Int32Array, margins: Float64Array, offset: number): void {
  for (const leaf of grown.leaves) {
    const { value } = grown.tree.nodes[leaf.node] as TreeNode;
    for (let i = leaf.start; i < leaf.end; i++) {
      const at = offset + (rows[i] as number);
      margins[at] = (margins[at] as number) + value;
    }
  }
}

/** A random share of rows (at least one), both parts ascending. */
function sampleRows(rows: Int32Array, share: number, next: () => number) {
  if (share >= 1) return { taken: rows.slice(), left: new Int32Array() };
  const want = Math.max(1, Math.round(rows.length * share));
  const taken = new Int32Array(want);
  const left = new Int32Array(rows.length - want);
  let t = 0;
  // Selection sampling (Knuth, algorithm S): each row with the chance that is still due.
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (next() * (rows.length - i) < want - t) taken[t++] = row;
    else left[i - t] = row;
  }
  return { taken, left };
}

function sampleFeatures(columns: number, share: number, next: () => number): Int32Array {
  const all = Int32Array.from({ length: columns }, (_, feature) => feature);
  if (share >= 1) return all;
  return sampleRows(all, share, next).taken;
}
