import { columnCells } from "./histogram.ts";
import type { BoostingParams } from "./boosting-params.ts";
import { binCount, type ColumnBins } from "./column-bins.ts";
import { gradientUnit } from "./packed-derivatives.ts";
import type { Split, SplitLeaf } from "./split.ts";

/** A power of two, so that multiplying by it is exact, and quicker than dividing. */
const perUnit = 1 / gradientUnit;

/**
 * Finds the best split of a leaf in its histogram.
 *
 * For a side with gradient sum G and hessian sum H, the best value is −T(G)/(H + λ₂), T the soft
 * threshold at λ₁, and the loss it saves (doubled) is T(G)²/(H + λ₂) (Chen & Guestrin 2016, eq. 5–6);
 * with bounds, −(2·T(G)·v + (H + λ₂)·v²) at the clamped value v. Row counts of a side are estimated by
 * its share of the hessian, as in LightGBM, and checked exactly when the split is made.
 * Ties go to the earlier column and the lower bin.
 */
export class SplitFinder {
  private gradientStep = 1;
  private hessianStep = 1;
  // The best split so far, in the search below.
  private gain = 0;
  private best: Split | undefined;
  // The leaf under search.
  private total = 0;
  private totalH = 0;
  private leafGain = 0;
  private minH = 0;
  private low = -Infinity;
  private high = Infinity;
  private stepsPerRow = 1;

  private readonly bins: readonly ColumnBins[];
  private readonly signs: Int8Array;
  private readonly params: BoostingParams;

  constructor(bins: readonly ColumnBins[], signs: Int8Array, params: BoostingParams) {
    this.bins = bins;
    this.signs = signs;
    this.params = params;
  }

  /** Sets what one whole step of the packed sums means, for the coming tree. */
  useSteps(gradientStep: number, hessianStep: number): void {
    this.gradientStep = gradientStep;
    this.hessianStep = hessianStep;
  }

  /** The best split among `features`, if one gains more than `minGain`. */
  find(leaf: SplitLeaf, features: Int32Array): Split | undefined {
    const { l2, minHessianInLeaf, minRowsInLeaf, minGain } = this.params;
    this.total = leaf.total;
    const totalG = Math.floor(leaf.total / gradientUnit);
    this.totalH = leaf.total - totalG * gradientUnit;
    this.low = leaf.low;
    this.high = leaf.high;
    this.stepsPerRow = this.totalH / leaf.rows;
    this.minH = Math.max(1, minHessianInLeaf / this.hessianStep, (minRowsInLeaf - 0.5) * this.stepsPerRow);
    this.best = undefined;
    this.gain = minGain;
    if (this.totalH < 2 * this.minH) return undefined;
    this.leafGain = this.gainOf(totalG, this.totalH, l2);
    for (let i = 0; i < features.length; i++) {
      const feature = features[i] as number;
      const bins = this.bins[feature] as ColumnBins;
      const at = feature * columnCells;
      if (bins.kind === "categorical") this.categorical(leaf, feature, at, binCount(bins));
      else this.numeric(leaf, feature, at, binCount(bins));
    }
    return this.best;
  }

  private shrink(gradient: number): number {
    const { l1 } = this.params;
    if (l1 === 0) return gradient;
    return gradient > l1 ? gradient - l1 : gradient < -l1 ? gradient + l1 : 0;
  }

  private valueOf(steps: number, hessians: number, l2: number): number {
    const value = -this.shrink(steps * this.gradientStep) / (hessians * this.hessianStep + l2);
    return value < this.low ? this.low : value > this.high ? this.high : value;
  }

  private gainOf(steps: number, hessians: number, l2: number): number {
    const g = this.shrink(steps * this.gradientStep);
    const h = hessians * this.hessianStep + l2;
    if (this.low === -Infinity && this.high === Infinity) return (g * g) / h;
    const value = this.valueOf(steps, hessians, l2);
    return -(2 * g * value + h * value * value);
  }

  private numeric(leaf: SplitLeaf, feature: number, at: number, bins: number): void {
    const counts = leaf.counts.get(feature);
    const sign = this.signs[feature] as number;
    const free = sign === 0 && this.low === -Infinity && this.high === Infinity;
    const plain = free && this.params.l1 === 0 && counts === undefined;
    const missing = leaf.histogram[at] as number;
    if (plain) this.scan(leaf.histogram, feature, at, bins, 0, missing !== 0);
    else this.scanChecked(leaf, feature, at, bins, 0, missing !== 0, sign, counts);
    if (missing === 0) return;
    if (plain) this.scan(leaf.histogram, feature, at, bins, missing, false);
    else this.scanChecked(leaf, feature, at, bins, missing, false, sign, counts);
  }

  /**
   * Every cut of a column, without bounds, signs or L1. `start` is what stands left of all bins: the
   * missing rows, or nothing. With `whole`, all values against the missing ones is a cut as well.
   */
  private scan(
    histogram: Float64Array,
    feature: number,
    at: number,
    bins: number,
    start: number,
    whole: boolean,
  ): void {
    const { total, totalH, minH, gradientStep, hessianStep } = this;
    const { l2 } = this.params;
    const totalG = Math.floor(total / gradientUnit);
    const maxH = totalH - minH;
    const end = whole ? bins : bins - 1;
    const floor = (this.gain + this.leafGain) / (gradientStep * gradientStep);
    const penalty = l2 / hessianStep;
    // In whole steps: g²/(h + λ) scales by gradientStep² / hessianStep.
    let bestScore = floor * hessianStep;
    let bestBin = -1;
    let sum = start;
    for (let bin = 1; bin < end; bin++) {
      const cell = histogram[at + bin] as number;
      if (cell === 0) continue;
      sum += cell;
      const g = Math.floor(sum * perUnit);
      const h = sum - g * gradientUnit;
      if (h < minH) continue;
      if (h > maxH) break;
      const left = h + penalty;
      const right = totalH - h + penalty;
      const rest = totalG - g;
      const score = (g * g * right + rest * rest * left) / (left * right);
      if (score > bestScore) {
        bestScore = score;
        bestBin = bin;
      }
    }
    if (bestBin < 0) return;
    let left = start;
    for (let bin = 1; bin <= bestBin; bin++) left += histogram[at + bin] as number;
    this.keep(feature, bestBin, [], start !== 0, left, l2);
  }

  /** As `scan`, with bounds, a monotone sign, L1 and exact counts. */
  private scanChecked(
    leaf: SplitLeaf,
    feature: number,
    at: number,
    bins: number,
    start: number,
    whole: boolean,
    sign: number,
    counts: Float64Array | undefined,
  ): void {
    const { l2 } = this.params;
    const end = whole ? bins : bins - 1;
    let sum = start;
    let rows = start === 0 ? 0 : (counts?.[0] ?? 0);
    for (let bin = 1; bin < end; bin++) {
      const cell = leaf.histogram[at + bin] as number;
      rows += counts?.[bin] ?? 0;
      if (cell === 0) continue;
      sum += cell;
      if (counts !== undefined && !this.enough(rows, leaf.rows)) continue;
      // All values against the missing ones says nothing about the order of values.
      this.offer(sum, l2, bin === bins - 1 ? 0 : sign, () => ({
        feature,
        lastBin: bin,
        leftBins: [],
        missingLeft: start !== 0,
      }));
    }
  }

  private enough(rows: number, all: number): boolean {
    return rows >= this.params.minRowsInLeaf && all - rows >= this.params.minRowsInLeaf;
  }

  /** Keeps a split of packed left sum `left` when it beats the best so far. */
  private offer(
    left: number,
    l2: number,
    sign: number,
    where: () => Pick<Split, "feature" | "lastBin" | "leftBins" | "missingLeft">,
  ): void {
    const g = Math.floor(left / gradientUnit);
    const h = left - g * gradientUnit;
    if (h < this.minH || this.totalH - h < this.minH) return;
    const totalG = Math.floor(this.total / gradientUnit);
    if (sign !== 0) {
      const difference = this.valueOf(totalG - g, this.totalH - h, l2) - this.valueOf(g, h, l2);
      if (difference * sign < 0) return;
    }
    const gain = this.gainOf(g, h, l2) + this.gainOf(totalG - g, this.totalH - h, l2) - this.leafGain;
    if (!(gain > this.gain)) return;
    const { feature, lastBin, leftBins, missingLeft } = where();
    this.keep(feature, lastBin, leftBins, missingLeft, left, l2);
  }

  private keep(
    feature: number,
    lastBin: number,
    leftBins: readonly number[],
    missingLeft: boolean,
    left: number,
    l2: number,
  ): void {
    const g = Math.floor(left / gradientUnit);
    const h = left - g * gradientUnit;
    const restG = Math.floor(this.total / gradientUnit) - g;
    const restH = this.totalH - h;
    const gain = this.gainOf(g, h, l2) + this.gainOf(restG, restH, l2) - this.leafGain;
    if (!(gain > this.gain)) return;
    this.gain = gain;
    const leftValue = this.valueOf(g, h, l2);
    const rightValue = this.valueOf(restG, restH, l2);
    this.best = { gain, feature, lastBin, leftBins, missingLeft, leftTotal: left, l2, leftValue, rightValue };
  }

  /**
   * Few categories: each against the rest. Many: order them by G/(H + smoothing), the optimal order
   * for a partition in two (Fisher 1958), and take prefixes from either end. Missing is one more
   * category.
   */
  private categorical(leaf: SplitLeaf, feature: number, at: number, bins: number): void {
    const { maxOneHot, minRowsInCategory, categorySmoothing, categoryL2, l2 } = this.params;
    const counts = leaf.counts.get(feature);
    const used: number[] = [];
    for (let bin = 0; bin < bins; bin++) if (leaf.histogram[at + bin] !== 0) used.push(bin);
    const packed = (bin: number): number => leaf.histogram[at + bin] as number;
    const rowsIn = (bin: number): number =>
      counts?.[bin] ?? hessiansOf(packed(bin)) / Math.max(this.stepsPerRow, 1e-300);
    if (used.length <= maxOneHot) {
      for (const bin of used) {
        if (counts !== undefined && !this.enough(rowsIn(bin), leaf.rows)) continue;
        this.offer(packed(bin), l2, 0, () => ({ feature, ...leftSide([bin]) }));
      }
      return;
    }
    const ratio = (bin: number): number => {
      const g = Math.floor(packed(bin) / gradientUnit) * this.gradientStep;
      return g / (hessiansOf(packed(bin)) * this.hessianStep + categorySmoothing);
    };
    const ratios = new Map(used.map((bin) => [bin, ratio(bin)]));
    const order = used
      .filter((bin) => rowsIn(bin) >= Math.min(categorySmoothing, minRowsInCategory))
      .toSorted((a, b) => (ratios.get(a) ?? 0) - (ratios.get(b) ?? 0) || a - b);
    const most = Math.min(this.params.maxCategoriesInSplit, Math.ceil(order.length / 2));
    for (const sorted of [order, order.toReversed()]) {
      let sum = 0;
      let rows = 0;
      let group = 0;
      for (let i = 0; i < most && i + 1 < order.length + (order.length < used.length ? 1 : 0); i++) {
        const bin = sorted[i] as number;
        sum += packed(bin);
        rows += rowsIn(bin);
        group += rowsIn(bin);
        if (group < minRowsInCategory || leaf.rows - rows < minRowsInCategory) continue;
        if (counts !== undefined && !this.enough(rows, leaf.rows)) continue;
        group = 0;
        this.offer(sum, l2 + categoryL2, 0, () => ({ feature, ...leftSide(sorted.slice(0, i + 1)) }));
      }
    }
  }
}

const hessiansOf = (packed: number): number => packed - Math.floor(packed / gradientUnit) * gradientUnit;

const leftSide = (bins: readonly number[]) => ({
  lastBin: -1,
  leftBins: bins.toSorted((a, b) => a - b),
  missingLeft: bins.includes(0),
});
