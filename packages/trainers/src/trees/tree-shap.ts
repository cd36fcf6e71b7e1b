import { categoricalNode, leafNode, type TreeEnsemble } from "@pawl/core";

/** The branch a rounded row takes at an inner node. */
export function goesLeft(ensemble: TreeEnsemble, node: number, x: number): boolean {
  if (Number.isNaN(x)) return ensemble.missingLeft[node] === 1;
  if (ensemble.kind[node] !== categoricalNode) return x <= (ensemble.threshold[node] ?? 0);
  const word = x >>> 5;
  if (word >= (ensemble.categoryLength[node] ?? 0)) return false;
  const bits = ensemble.categoryWords[(ensemble.categoryStart[node] ?? 0) + word] ?? 0;
  return ((bits >>> (x & 31)) & 1) === 1;
}

/** The mean leaf value of every tree over its training rows, added up per output, plus the base. */
export function expectedMargins(ensemble: TreeEnsemble): Float64Array {
  const bias = Float64Array.from(ensemble.base);
  for (let t = 0; t < ensemble.treeOutput.length; t++) {
    const output = ensemble.treeOutput[t] ?? 0;
    bias[output] = (bias[output] ?? 0) + meanOf(ensemble, ensemble.treeStart[t] ?? 0);
  }
  return bias;
}

function meanOf(ensemble: TreeEnsemble, node: number): number {
  if (ensemble.kind[node] === leafNode) return ensemble.value[node] ?? 0;
  const share = leftShare(ensemble, node);
  return (
    share * meanOf(ensemble, ensemble.left[node] ?? 0) +
    (1 - share) * meanOf(ensemble, ensemble.right[node] ?? 0)
  );
}

/** The share of the node's training rows that went left; one half at a node no row reached. */
function leftShare(ensemble: TreeEnsemble, node: number): number {
  const left = ensemble.count[ensemble.left[node] ?? 0] ?? 0;
  const right = ensemble.count[ensemble.right[node] ?? 0] ?? 0;
  return left + right > 0 ? left / (left + right) : 0.5;
}

/**
 * Path-dependent TreeSHAP (Lundberg, Erion & Lee 2018, algorithm 2): exact Shapley values of the
 * game whose value of a feature set is the tree's mean, following the row where the feature is known
 * and both branches by training counts where it is not. O(leaves · depth²) a tree.
 *
 * A path holds one element per different feature met on the way: `zero`, the share of training rows
 * that flow through when the feature is unknown; `one`, 1 when the row itself flows through, else 0;
 * `weight`, the summed permutation weights of all subsets of the element's size. Each call works on
 * its own stretch of the flat arrays, right behind its caller's, so nothing is allocated on the way.
 */
export class TreeShap {
  private readonly ensemble: TreeEnsemble;
  private readonly feature: Int32Array;
  private readonly zero: Float64Array;
  private readonly one: Float64Array;
  private readonly weight: Float64Array;
  private row: Float32Array = new Float32Array();
  private into: Float64Array = new Float64Array();
  private output = 0;

  constructor(ensemble: TreeEnsemble) {
    this.ensemble = ensemble;
    const longest = deepest(ensemble) + 2;
    const room = (longest * (longest + 1)) / 2;
    this.feature = new Int32Array(room);
    this.zero = new Float64Array(room);
    this.one = new Float64Array(room);
    this.weight = new Float64Array(room);
  }

  /** Adds the contributions (columns × outputs) of an encoded row into `into`. */
  explain(row: Float64Array, into: Float64Array): void {
    this.row = Float32Array.from(row);
    this.into = into;
    const { treeStart, treeOutput } = this.ensemble;
    for (let t = 0; t < treeOutput.length; t++) {
      this.output = treeOutput[t] as number;
      this.walk(treeStart[t] as number, 0, 0, 1, 1, -1);
    }
  }

  /** Visits a node whose caller's path has `length` elements from `at` on. */
  private walk(node: number, at: number, length: number, zero: number, one: number, feature: number): void {
    const own = at + length;
    // A loop is quicker than copyWithin for a handful of cells.
    for (let from = at, to = own; from < own; from++, to++) {
      this.feature[to] = this.feature[from] as number;
      this.zero[to] = this.zero[from] as number;
      this.one[to] = this.one[from] as number;
      this.weight[to] = this.weight[from] as number;
    }
    this.extend(own, length, zero, one, feature);
    const { ensemble } = this;
    const left = ensemble.left[node] as number;
    if (left < 0) {
      this.settle(own, length, ensemble.value[node] as number);
      return;
    }
    const right = ensemble.right[node] as number;
    const split = ensemble.feature[node] as number;
    const share = leftShare(ensemble, node);
    const hot = goesLeft(ensemble, node, this.row[split] as number);
    let zeroSoFar = 1;
    let oneSoFar = 1;
    let rest = length + 1;
    for (let i = 1; i <= length; i++) {
      if (this.feature[own + i] !== split) continue;
      zeroSoFar = this.zero[own + i] as number;
      oneSoFar = this.one[own + i] as number;
      this.unwind(own, length, i);
      rest = length;
      break;
    }
    this.walk(left, own, rest, zeroSoFar * share, hot ? oneSoFar : 0, split);
    this.walk(right, own, rest, zeroSoFar * (1 - share), hot ? 0 : oneSoFar, split);
  }

  /** Gives every feature of the path its part of a leaf's value. */
  private settle(own: number, last: number, value: number): void {
    const { outputs } = this.ensemble;
    for (let i = 1; i <= last; i++) {
      const gap = (this.one[own + i] as number) - (this.zero[own + i] as number);
      const slot = (this.feature[own + i] as number) * outputs + this.output;
      this.into[slot] = (this.into[slot] as number) + this.unwoundSum(own, last, i) * gap * value;
    }
  }

  private extend(own: number, length: number, zero: number, one: number, feature: number): void {
    const { weight } = this;
    this.feature[own + length] = feature;
    this.zero[own + length] = zero;
    this.one[own + length] = one;
    weight[own + length] = length === 0 ? 1 : 0;
    for (let i = length - 1; i >= 0; i--) {
      const here = weight[own + i] as number;
      weight[own + i + 1] = (weight[own + i + 1] as number) + (one * here * (i + 1)) / (length + 1);
      weight[own + i] = (zero * here * (length - i)) / (length + 1);
    }
  }

  /** Takes element `index` out of a path whose last element is `last`. */
  private unwind(own: number, last: number, index: number): void {
    const { weight } = this;
    const one = this.one[own + index] as number;
    const zero = this.zero[own + index] as number;
    let carry = weight[own + last] as number;
    for (let i = last - 1; i >= 0; i--) {
      const was = weight[own + i] as number;
      if (one !== 0) {
        const now = (carry * (last + 1)) / ((i + 1) * one);
        weight[own + i] = now;
        carry = was - (now * zero * (last - i)) / (last + 1);
      } else {
        weight[own + i] = (was * (last + 1)) / (zero * (last - i));
      }
    }
    for (let i = own + index; i < own + last; i++) {
      this.feature[i] = this.feature[i + 1] as number;
      this.zero[i] = this.zero[i + 1] as number;
      this.one[i] = this.one[i + 1] as number;
    }
  }

  /** The sum of the weights the path would have without element `index`. */
  private unwoundSum(own: number, last: number, index: number): number {
    const { weight } = this;
    const one = this.one[own + index] as number;
    const zero = this.zero[own + index] as number;
    let carry = weight[own + last] as number;
    let sum = 0;
    for (let i = last - 1; i >= 0; i--) {
      const here = weight[own + i] as number;
      if (one !== 0) {
        const part = (carry * (last + 1)) / ((i + 1) * one);
        sum += part;
        carry = here - (part * zero * (last - i)) / (last + 1);
      } else if (zero !== 0) {
        sum += (here * (last + 1)) / (zero * (last - i));
      }
    }
    return sum;
  }
}

/** Splits on the longest way from a root to a leaf. */
function deepest(ensemble: TreeEnsemble): number {
  const depth = new Int32Array(ensemble.kind.length);
  let most = 0;
  // Children come after their parent.
  for (const [n, left] of ensemble.left.entries()) {
    if (left < 0) continue;
    const below = (depth[n] ?? 0) + 1;
    depth[left] = below;
    depth[ensemble.right[n] ?? 0] = below;
    most = Math.max(most, below);
  }
  return most;
}
