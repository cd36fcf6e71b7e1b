import { categoricalNode, leafNode, numericNode } from "@pawl/core";
import type { BinnedFrame } from "./binned-frame.ts";
import type { ColumnBins } from "./column-bins.ts";
import { newLeaf, type TreeNode } from "../trees/tree-builder.ts";
import type { Split } from "./split.ts";

/** A tree under growth: nodes as the model will have them, and the same splits in bins. */
export interface BinnedTree {
  readonly nodes: TreeNode[];
  /** The split of each inner node, by node index. */
  readonly splits: (Split | undefined)[];
}

export function newTree(rows: number): BinnedTree {
  return { nodes: [newLeaf(0, rows)], splits: [undefined] };
}

/** Turns a leaf into an inner node with two leaves; gives the left one's index (right is next). */
export function splitNode(tree: BinnedTree, node: number, split: Split, bins: ColumnBins): number {
  const left = tree.nodes.length;
  tree.nodes.push(newLeaf(), newLeaf());
  tree.splits.push(undefined, undefined);
  tree.splits[node] = split;
  const at = tree.nodes[node];
  if (at === undefined) return left;
  at.kind = bins.kind === "numeric" ? numericNode : categoricalNode;
  at.feature = split.feature;
  at.missingLeft = split.missingLeft;
  at.gain = split.gain;
  at.left = left;
  at.right = left + 1;
  // Past the last cut stand all values: the split is "present or missing".
  if (bins.kind === "numeric") at.threshold = bins.uppers[split.lastBin - 1] ?? Infinity;
  else at.categories = split.leftBins.filter((bin) => bin > 0).map((bin) => bin - 1);
  return left;
}

/** For every bin whether it goes left: the partition's look-up table. */
export function sideTable(split: Split, into: Uint8Array): Uint8Array {
  into.fill(0);
  if (split.lastBin >= 0) into.fill(1, 1, split.lastBin + 1);
  for (const bin of split.leftBins) into[bin] = 1;
  into[0] = split.missingLeft ? 1 : 0;
  return into;
}

/** Adds the tree's value to the margins of rows that did not take part in growing it. */
export function addTreeValues(
  tree: BinnedTree,
  frame: BinnedFrame,
  rows: Int32Array,
  margins: Float64Array,
  offset: number,
): void {
  const tables = tree.splits.map((split) => split && sideTable(split, new Uint8Array(256)));
  for (const row of rows) {
    let n = 0;
    for (;;) {
      const node = tree.nodes[n] as TreeNode;
      if (node.kind === leafNode) {
        margins[offset + row] = (margins[offset + row] as number) + node.value;
        break;
      }
      const bin = (frame.byColumn[node.feature] as Uint8Array)[row] as number;
      n = tables[n]?.[bin] === 1 ? node.left : node.right;
    }
  }
}
