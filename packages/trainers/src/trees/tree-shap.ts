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
 * One element of the path of unique features: `zero` is the share of training rows that flow through
 * when the feature is unknown, `one` is 1 when the row itself flows through, `weight` the summed
 * permutation weight of all subsets of that size.
 */
interface PathElement {
  feature: number;
  zero: number;
  one: number;
  weight: number;
}

/**
 * Path-dependent TreeSHAP (Lundberg, Erion & Lee 2018, algorithm 2): exact Shapley values of the
 * game whose value of a feature set is the tree's mean, following the row where the feature is known
 * and both branches by training counts where it is not. O(leaves · depth²) a tree.
 * Adds columns × outputs contributions into `into`.
 */
export function treeShap(ensemble: TreeEnsemble, row: Float64Array, into: Float64Array): void {
  const rounded = Float32Array.from(row);
  for (let t = 0; t < ensemble.treeOutput.length; t++) {
    const output = ensemble.treeOutput[t] ?? 0;
    walk(ensemble, rounded, into, output, ensemble.treeStart[t] ?? 0, [], 1, 1, -1);
  }
}

function walk(
  ensemble: TreeEnsemble,
  row: Float32Array,
  into: Float64Array,
  output: number,
  node: number,
  parentPath: readonly PathElement[],
  zero: number,
  one: number,
  feature: number,
): void {
  const path = extend(parentPath, zero, one, feature);
  if (ensemble.kind[node] === leafNode) {
    const value = ensemble.value[node] ?? 0;
    for (let i = 1; i < path.length; i++) {
      const element = path[i] as PathElement;
      const slot = element.feature * ensemble.outputs + output;
      into[slot] = (into[slot] ?? 0) + unwoundSum(path, i) * (element.one - element.zero) * value;
    }
    return;
  }
  const split = ensemble.feature[node] ?? 0;
  const left = ensemble.left[node] ?? 0;
  const right = ensemble.right[node] ?? 0;
  const share = leftShare(ensemble, node);
  const hot = goesLeft(ensemble, node, row[split] ?? Number.NaN);
  let zeroSoFar = 1;
  let oneSoFar = 1;
  let rest = path;
  const again = path.findIndex((element, i) => i > 0 && element.feature === split);
  if (again > 0) {
    ({ zero: zeroSoFar, one: oneSoFar } = path[again] as PathElement);
    rest = unwind(path, again);
  }
  walk(ensemble, row, into, output, left, rest, zeroSoFar * share, hot ? oneSoFar : 0, split);
  walk(ensemble, row, into, output, right, rest, zeroSoFar * (1 - share), hot ? 0 : oneSoFar, split);
}

function extend(path: readonly PathElement[], zero: number, one: number, feature: number): PathElement[] {
  const depth = path.length;
  const next = path.map((element) => ({ ...element }));
  next.push({ feature, zero, one, weight: depth === 0 ? 1 : 0 });
  for (let i = depth - 1; i >= 0; i--) {
    const here = next[i] as PathElement;
    const after = next[i + 1] as PathElement;
    after.weight += (one * here.weight * (i + 1)) / (depth + 1);
    here.weight = (zero * here.weight * (depth - i)) / (depth + 1);
  }
  return next;
}

function unwind(path: readonly PathElement[], index: number): PathElement[] {
  const last = path.length - 1;
  const { one, zero } = path[index] as PathElement;
  const next = path.map((element) => ({ ...element }));
  let carry = (path[last] as PathElement).weight;
  for (let i = last - 1; i >= 0; i--) {
    const element = next[i] as PathElement;
    if (one !== 0) {
      const was = element.weight;
      element.weight = (carry * (last + 1)) / ((i + 1) * one);
      carry = was - (element.weight * zero * (last - i)) / (last + 1);
    } else {
      element.weight = (element.weight * (last + 1)) / (zero * (last - i));
    }
  }
  for (let i = index; i < last; i++) {
    const { feature, zero, one } = path[i + 1] as PathElement;
    Object.assign(next[i] as PathElement, { feature, zero, one });
  }
  next.pop();
  return next;
}

/** The sum of the weights the path would have without element `index`. */
function unwoundSum(path: readonly PathElement[], index: number): number {
  const last = path.length - 1;
  const { one, zero } = path[index] as PathElement;
  let carry = (path[last] as PathElement).weight;
  let sum = 0;
  for (let i = last - 1; i >= 0; i--) {
    const { weight } = path[i] as PathElement;
    if (one !== 0) {
      const part = (carry * (last + 1)) / ((i + 1) * one);
      sum += part;
      carry = weight - (part * zero * (last - i)) / (last + 1);
    } else if (zero !== 0) {
      sum += (weight * (last + 1)) / (zero * (last - i));
    }
  }
  return sum;
}
