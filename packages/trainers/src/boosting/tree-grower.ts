import type { BinnedFrame } from "./binned-frame.ts";
import { newTree, sideTable, splitNode, type BinnedTree } from "./binned-tree.ts";
import type { BoostingParams } from "./boosting-params.ts";
import { addToHistogram, histogramLength, subtractHistogram } from "./histogram.ts";
import { HistogramPool } from "./histogram-pool.ts";
import type { PackedDerivatives } from "./packed-derivatives.ts";
import type { Split } from "./split.ts";
import { SplitFinder } from "./split-finder.ts";

/** A leaf of the growing tree: rows `start … end` of the partition. */
interface GrowingLeaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly total: number;
  readonly low: number;
  readonly high: number;
  /** L2 penalty of this leaf's value. */
  readonly l2: number;
  histogram: Float64Array | undefined;
  split: Split | undefined;
  readonly counts: Map<number, Float64Array>;
}

/** A grown tree and where each leaf's rows stand in the partition. */
export interface GrownTree {
  readonly tree: BinnedTree;
  readonly leaves: readonly Pick<GrowingLeaf, "node" | "start" | "end" | "low" | "high" | "l2">[];
}

/**
 * Grows trees leaf-wise: always the leaf whose best split gains most (Shi 2007). Of two siblings the
 * smaller is counted, the larger is the parent minus it.
 */
export class TreeGrower {
  private readonly finder: SplitFinder;
  private readonly pool: HistogramPool;
  private readonly spare: Int32Array;
  private readonly sides = new Uint8Array(256);
  private derivatives: PackedDerivatives | undefined;
  private rows: Int32Array = new Int32Array();
  private features: Int32Array = new Int32Array();

  private readonly frame: BinnedFrame;
  private readonly signs: Int8Array;
  private readonly params: BoostingParams;

  constructor(frame: BinnedFrame, signs: Int8Array, params: BoostingParams) {
    this.frame = frame;
    this.signs = signs;
    this.params = params;
    this.finder = new SplitFinder(frame.bins, signs, params);
    this.pool = new HistogramPool(histogramLength(frame.words));
    this.spare = new Int32Array(frame.rows);
  }

  /** Grows one tree on `rows`, which it reorders so that each leaf's rows stand together, ascending. */
  grow(derivatives: PackedDerivatives, rows: Int32Array, features: Int32Array): GrownTree {
    this.derivatives = derivatives;
    this.rows = rows;
    this.features = features;
    this.finder.useSteps(derivatives.gradientStep, derivatives.hessianStep);
    const tree = newTree(rows.length);
    let total = 0;
    for (let i = 0; i < rows.length; i++) total += derivatives.packed[rows[i] as number] as number;
    const root: GrowingLeaf = {
      node: 0,
      start: 0,
      end: rows.length,
      depth: 0,
      total,
      low: -Infinity,
      high: Infinity,
      l2: this.params.l2,
      histogram: undefined,
      split: undefined,
      counts: new Map(),
    };
    const leaves = [root];
    this.search(root);
    while (leaves.length < this.params.maxLeaves) {
      const next = mostGain(leaves);
      if (next < 0) break;
      const children = this.split(
        tree,
        leaves[next] as GrowingLeaf,
        leaves.length + 1 < this.params.maxLeaves,
      );
      if (children !== undefined) leaves.splice(next, 1, ...children);
    }
    for (const leaf of leaves) this.pool.give(leaf.histogram);
    return { tree, leaves };
  }

  /** Whether the leaf can be split at all, before anything is counted. */
  private splittable(leaf: GrowingLeaf): boolean {
    const { maxDepth, minRowsInLeaf } = this.params;
    return leaf.end - leaf.start >= 2 * minRowsInLeaf && (maxDepth === 0 || leaf.depth < maxDepth);
  }

  private search(leaf: GrowingLeaf): void {
    if (!this.splittable(leaf)) {
      this.pool.give(leaf.histogram);
      leaf.histogram = undefined;
      return;
    }
    leaf.histogram ??= this.count(leaf, this.pool.take());
    const histogram = leaf.histogram ?? this.count(leaf, this.pool.scratch());
    if (histogram === undefined) return;
    const { total, low, high, counts } = leaf;
    leaf.split = this.finder.find(
      { histogram, rows: leaf.end - leaf.start, total, low, high, counts },
      this.features,
    );
    if (leaf.split !== undefined) return;
    this.pool.give(leaf.histogram);
    leaf.histogram = undefined;
  }

  private count(leaf: GrowingLeaf, histogram: Float64Array | undefined): Float64Array | undefined {
    if (histogram === undefined || this.derivatives === undefined) return undefined;
    const { packed } = this.derivatives;
    addToHistogram(this.frame, packed, this.rows, leaf.start, leaf.end, 0, this.frame.words, histogram);
    return histogram;
  }

  /**
   * Makes the leaf's split. When a side has fewer rows than allowed (the search estimates counts), the
   * column is counted exactly, the leaf searched again and undefined given back.
   */
  private split(
    tree: BinnedTree,
    leaf: GrowingLeaf,
    searchOn: boolean,
  ): readonly [GrowingLeaf, GrowingLeaf] | undefined {
    const found = leaf.split as Split;
    const middle = this.partition(leaf, found);
    const least = this.params.minRowsInLeaf;
    if (middle - leaf.start < least || leaf.end - middle < least) {
      if (leaf.counts.has(found.feature)) {
        // Cannot happen with exact counts; never split wrongly if it does.
        leaf.split = undefined;
        return undefined;
      }
      leaf.counts.set(found.feature, this.exactCounts(leaf, found.feature));
      leaf.split = undefined;
      this.search(leaf);
      return undefined;
    }
    const missing = this.missingSide(leaf, found, middle);
    const split = missing === found.missingLeft ? found : { ...found, missingLeft: missing };
    const bins = this.frame.bins[split.feature];
    if (bins === undefined) return undefined;
    const node = splitNode(tree, leaf.node, split, bins);
    const [left, right] = this.children(leaf, split, node, middle);
    if (searchOn) this.countChildren(leaf, left, right);
    this.pool.give(leaf.histogram);
    leaf.histogram = undefined;
    if (searchOn) {
      this.search(left);
      this.search(right);
    }
    return [left, right];
  }

  /** Reorders the leaf's rows, left ones first, order kept; gives where the right ones begin. */
  private partition(leaf: GrowingLeaf, split: Split): number {
    const { rows, spare } = this;
    const bins = this.frame.byColumn[split.feature] as Uint8Array;
    let left = leaf.start;
    let right = 0;
    // Both writes always happen; only one of the two places moves on. No branch to mispredict.
    if (split.lastBin >= 0) {
      // Turned by one when missing goes right, so that bin 0 comes last.
      const turn = split.missingLeft ? 0 : 255;
      const first = split.missingLeft ? split.lastBin + 1 : split.lastBin;
      for (let i = leaf.start; i < leaf.end; i++) {
        const row = rows[i] as number;
        const goes = ((((bins[row] as number) + turn) & 255) - first) >>> 31;
        rows[left] = row;
        spare[right] = row;
        left += goes;
        right += 1 - goes;
      }
    } else {
      const sides = sideTable(split, this.sides);
      for (let i = leaf.start; i < leaf.end; i++) {
        const row = rows[i] as number;
        const goes = sides[bins[row] as number] as number;
        rows[left] = row;
        spare[right] = row;
        left += goes;
        right += 1 - goes;
      }
    }
    for (let i = 0; i < right; i++) rows[left + i] = spare[i] as number;
    return left;
  }

  private exactCounts(leaf: GrowingLeaf, feature: number): Float64Array {
    const counts = new Float64Array(256);
    const bins = this.frame.byColumn[feature] as Uint8Array;
    // A failed partition has reordered the rows in two ascending runs; put them back.
    this.rows.subarray(leaf.start, leaf.end).sort();
    for (let i = leaf.start; i < leaf.end; i++) {
      const bin = bins[this.rows[i] as number] as number;
      counts[bin] = (counts[bin] as number) + 1;
    }
    return counts;
  }

  /** Where missing values go: as learned, or, when the leaf had none, with the greater side. */
  private missingSide(leaf: GrowingLeaf, split: Split, middle: number): boolean {
    const bins = this.frame.byColumn[split.feature] as Uint8Array;
    const from = split.missingLeft ? leaf.start : middle;
    const to = split.missingLeft ? middle : leaf.end;
    for (let i = from; i < to; i++) if (bins[this.rows[i] as number] === 0) return split.missingLeft;
    return middle - leaf.start >= leaf.end - middle;
  }

  private children(
    leaf: GrowingLeaf,
    split: Split,
    node: number,
    middle: number,
  ): readonly [GrowingLeaf, GrowingLeaf] {
    const between = (split.leftValue + split.rightValue) / 2;
    const bins = this.frame.bins[split.feature];
    // Present against missing is no order of values.
    const ordered = bins?.kind === "numeric" && split.lastBin <= bins.uppers.length;
    const sign = ordered ? (this.signs[split.feature] ?? 0) : 0;
    const child = (left: boolean): GrowingLeaf => ({
      node: left ? node : node + 1,
      start: left ? leaf.start : middle,
      end: left ? middle : leaf.end,
      depth: leaf.depth + 1,
      total: left ? split.leftTotal : leaf.total - split.leftTotal,
      low: sign !== 0 && left === sign < 0 ? Math.max(leaf.low, between) : leaf.low,
      high: sign !== 0 && left === sign > 0 ? Math.min(leaf.high, between) : leaf.high,
      l2: split.l2,
      histogram: undefined,
      split: undefined,
      counts: new Map(),
    });
    return [child(true), child(false)];
  }

  private countChildren(leaf: GrowingLeaf, left: GrowingLeaf, right: GrowingLeaf): void {
    if (!this.splittable(left) && !this.splittable(right)) return;
    const [small, large] = left.end - left.start <= right.end - right.start ? [left, right] : [right, left];
    if (leaf.histogram === undefined) return;
    small.histogram = this.count(small, this.pool.take());
    if (small.histogram === undefined) return;
    subtractHistogram(leaf.histogram, small.histogram);
    large.histogram = leaf.histogram;
    leaf.histogram = undefined;
  }
}

function mostGain(leaves: readonly GrowingLeaf[]): number {
  let best = -1;
  let gain = -Infinity;
  for (const [i, { split }] of leaves.entries()) {
    if (split === undefined || split.gain <= gain) continue;
    best = i;
    gain = split.gain;
  }
  return best;
}
