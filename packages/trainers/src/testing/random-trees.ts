import { categoricalNode, numericNode, seededRandom, type TreeEnsemble } from "@pawl/core";
import { TreeBuilder, newLeaf, type TreeNode } from "../trees/tree-builder.ts";

const extremes = [Infinity, -Infinity, 0, 1e-45, -3.4028234663852886e38, 3.4028234663852886e38];

/** Columns of the random ensembles: three numeric ones and a categorical one. */
export const randomTreesColumns = 4;
/** Categories of the last column. */
export const randomTreesCategories = 45;

/** A random ensemble over three numeric columns and a categorical one (column 3, codes 0 to 39). */
export function randomTrees(seed: number, outputs: number): TreeEnsemble {
  const random = seededRandom(seed);
  const builder = new TreeBuilder();
  for (let t = 0; t < 3 * outputs; t++) {
    const nodes: TreeNode[] = [];
    const grow = (depth: number): number => {
      const index = nodes.length;
      const node = newLeaf(random.normal(), 1 + random.below(20), 1);
      nodes.push(node);
      if (depth > 4 || random.next() < 0.2) return index;
      node.feature = random.below(randomTreesColumns);
      node.kind = node.feature === 3 ? categoricalNode : numericNode;
      node.threshold = Math.fround(random.next() < 0.1 ? (extremes[random.below(6)] ?? 0) : random.normal());
      node.missingLeft = random.next() < 0.5;
      node.categories = Array.from({ length: 40 }, (_, code) => code).filter(() => random.next() < 0.4);
      node.left = grow(depth + 1);
      node.right = grow(depth + 1);
      node.count = (nodes[node.left]?.count ?? 0) + (nodes[node.right]?.count ?? 0);
      return index;
    };
    grow(0);
    builder.add(t % outputs, nodes);
  }
  return builder.build(Float64Array.from({ length: outputs }, () => random.normal()));
}

/** A random row for `randomTrees`; a fifth of the cells is missing. */
export function randomRow(seed: number): Float64Array {
  const random = seededRandom(seed, 1);
  return Float64Array.from({ length: randomTreesColumns }, (_, c) => {
    if (random.next() < 0.2) return Number.NaN;
    return c === 3 ? random.below(randomTreesCategories) : random.normal();
  });
}
