import { categoricalNode, leafNode, numericNode, type TreeEnsemble } from "@pawl/core";

/** One node of a tree being written; child indices count from the tree's root (0). */
export interface TreeNode {
  kind: typeof leafNode | typeof numericNode | typeof categoricalNode;
  feature: number;
  threshold: number;
  missingLeft: boolean;
  left: number;
  right: number;
  value: number;
  gain: number;
  count: number;
  hessian: number;
  /** Model category codes that go left, at categorical nodes. */
  categories: readonly number[];
}

export const newLeaf = (value = 0, count = 0, hessian = 0): TreeNode => ({
  kind: leafNode,
  feature: -1,
  threshold: 0,
  missingLeft: false,
  left: -1,
  right: -1,
  value,
  gain: 0,
  count,
  hessian,
  categories: [],
});

/** Collects trees and lays them out flat. */
export class TreeBuilder {
  private readonly trees: { readonly output: number; readonly nodes: readonly TreeNode[] }[] = [];

  add(output: number, nodes: readonly TreeNode[]): void {
    this.trees.push({ output, nodes });
  }

  /** Appends all trees of another ensemble. */
  addAll(ensemble: TreeEnsemble): void {
    ensemble.treeOutput.forEach((output, tree) => this.add(output, treeNodes(ensemble, tree)));
  }

  get length(): number {
    return this.trees.length;
  }

  truncate(length: number): void {
    this.trees.length = Math.min(this.trees.length, length);
  }

  build(base: Float64Array): TreeEnsemble {
    const nodes = this.trees.flatMap((tree) => tree.nodes);
    const starts = Int32Array.of(0, ...this.trees.map((tree) => tree.nodes.length));
    for (let t = 1; t < starts.length; t++) starts[t] = (starts[t] ?? 0) + (starts[t - 1] ?? 0);
    const left = new Int32Array(nodes.length);
    const right = new Int32Array(nodes.length);
    const categoryStart = new Int32Array(nodes.length);
    const categoryLength = new Int32Array(nodes.length);
    const words: number[] = [];
    let n = 0;
    for (const [t, tree] of this.trees.entries()) {
      for (const node of tree.nodes) {
        const inner = node.kind !== leafNode;
        left[n] = inner ? (starts[t] ?? 0) + node.left : -1;
        right[n] = inner ? (starts[t] ?? 0) + node.right : -1;
        categoryStart[n] = words.length;
        if (node.kind === categoricalNode) {
          const own = categoryBits(node.categories);
          categoryLength[n] = own.length;
          words.push(...own);
        }
        n++;
      }
    }
    return {
      outputs: base.length,
      base,
      treeStart: starts,
      treeOutput: Int32Array.from(this.trees, (tree) => tree.output),
      kind: Uint8Array.from(nodes, (node) => node.kind),
      feature: Int32Array.from(nodes, (node) => node.feature),
      threshold: Float32Array.from(nodes, (node) => node.threshold),
      missingLeft: Uint8Array.from(nodes, (node) => (node.missingLeft ? 1 : 0)),
      left,
      right,
      value: Float64Array.from(nodes, (node) => node.value),
      gain: Float64Array.from(nodes, (node) => node.gain),
      count: Float64Array.from(nodes, (node) => node.count),
      hessian: Float64Array.from(nodes, (node) => node.hessian),
      categoryStart,
      categoryLength,
      categoryWords: Uint32Array.from(words),
    };
  }
}

function categoryBits(codes: readonly number[]): Uint32Array {
  const words = new Uint32Array(codes.length === 0 ? 0 : (Math.max(...codes) >>> 5) + 1);
  for (const code of codes) words[code >>> 5] = (words[code >>> 5] ?? 0) | (1 << (code & 31));
  return words;
}

/** The category codes that go left at a node. */
export function leftCategories(ensemble: TreeEnsemble, node: number): number[] {
  const start = ensemble.categoryStart[node] ?? 0;
  const codes: number[] = [];
  for (let code = 0; code < 32 * (ensemble.categoryLength[node] ?? 0); code++) {
    if (((ensemble.categoryWords[start + (code >>> 5)] ?? 0) >>> (code & 31)) & 1) codes.push(code);
  }
  return codes;
}

/** One tree of an ensemble as nodes with indices from its root. */
export function treeNodes(ensemble: TreeEnsemble, tree: number): TreeNode[] {
  const start = ensemble.treeStart[tree] ?? 0;
  const end = ensemble.treeStart[tree + 1] ?? start;
  return Array.from({ length: end - start }, (_, i): TreeNode => {
    const n = start + i;
    const kind = ensemble.kind[n];
    const inner = kind !== leafNode;
    return {
      kind: kind === numericNode ? numericNode : kind === categoricalNode ? categoricalNode : leafNode,
      feature: ensemble.feature[n] ?? -1,
      threshold: ensemble.threshold[n] ?? 0,
      missingLeft: ensemble.missingLeft[n] === 1,
      left: inner ? (ensemble.left[n] ?? 0) - start : -1,
      right: inner ? (ensemble.right[n] ?? 0) - start : -1,
      value: ensemble.value[n] ?? 0,
      gain: ensemble.gain[n] ?? 0,
      count: ensemble.count[n] ?? 0,
      hessian: ensemble.hessian[n] ?? 0,
      categories: kind === categoricalNode ? leftCategories(ensemble, n) : [],
    };
  });
}
