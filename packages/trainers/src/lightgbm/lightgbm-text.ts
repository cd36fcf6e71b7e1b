import { PawlError, categoricalNode, numericNode } from "@pawl/core";
import { newLeaf, type TreeNode } from "../trees/tree-builder.ts";

const unreadable = (found: string): PawlError =>
  new PawlError("bad_data", "LightGBM's model text cannot be read.", {
    found,
    expected: "the text form of LightGBM 3 or 4",
  });

/** A tree's `key=value` lines. */
class TreeText {
  private readonly lines: ReadonlyMap<string, string>;

  constructor(block: string) {
    this.lines = new Map(
      block.split("\n").flatMap((line): [string, string][] => {
        const at = line.indexOf("=");
        return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
      }),
    );
  }

  numbers(key: string): number[] {
    const line = this.lines.get(key) ?? "";
    if (line === "") return [];
    return line.split(" ").map((word) => {
      const value = word === "inf" ? Infinity : word === "-inf" ? -Infinity : Number(word);
      if (Number.isNaN(value)) throw unreadable(`${key} holds ${word}`);
      return value;
    });
  }

  number(key: string): number {
    return this.numbers(key)[0] ?? 0;
  }
}

/** The largest float32 that is at most t: for a float32 x, x ≤ t exactly when x ≤ this. */
export function float32Below(t: number): number {
  const rounded = Math.fround(t);
  if (!(rounded > t)) return rounded;
  const cell = new Float32Array([rounded]);
  const bits = new Int32Array(cell.buffer);
  // Floats of one sign are ordered as their bits; 0 steps down to the smallest negative number.
  if (rounded === 0) bits[0] = -2147483647;
  else bits[0] = (bits[0] ?? 0) + (rounded > 0 ? -1 : 1);
  return cell[0] ?? rounded;
}

/**
 * Reads the trees of LightGBM's text form, in order. The values hold the learning rate, and the first
 * round's hold the starting margin. Where LightGBM saw no missing value in a column (missing type
 * "None") it reads a missing value as 0, and so does the tree here.
 */
export function readLightgbmTrees(text: string): TreeNode[][] {
  const [, ...blocks] = text.split(/^Tree=\d+$/m);
  return blocks.map((block) => readTree(new TreeText(block.split(/^end of trees$/m)[0] ?? "")));
}

function readTree(text: TreeText): TreeNode[] {
  if (text.number("is_linear") !== 0) throw unreadable("a linear tree");
  const features = text.numbers("split_feature");
  const inner = features.length;
  const values = text.numbers("leaf_value");
  if (values.length !== inner + 1) throw unreadable(`${inner} splits and ${values.length} leaves`);
  const [gains, thresholds, types] = ["split_gain", "threshold", "decision_type"].map((key) =>
    text.numbers(key),
  );
  const [lefts, rights] = ["left_child", "right_child"].map((key) => text.numbers(key));
  const [counts, weights, means] = ["internal_count", "internal_weight", "internal_value"].map((key) =>
    text.numbers(key),
  );
  const [leafCounts, leafWeights] = ["leaf_count", "leaf_weight"].map((key) => text.numbers(key));
  const bounds = text.numbers("cat_boundaries");
  const words = text.numbers("cat_threshold");
  const nodes: TreeNode[] = [];
  /** Pre-order, so that children come after their parent. */
  const visit = (child: number): number => {
    const index = nodes.length;
    if (child < 0) {
      const leaf = -child - 1;
      nodes.push(newLeaf(values[leaf], leafCounts?.[leaf] ?? 0, leafWeights?.[leaf] ?? 0));
      return index;
    }
    const node = newLeaf(means?.[child], counts?.[child] ?? 0, weights?.[child] ?? 0);
    nodes.push(node);
    node.feature = features[child] ?? -1;
    node.gain = gains?.[child] ?? 0;
    const type = types?.[child] ?? 0;
    const threshold = thresholds?.[child] ?? 0;
    if ((type & 1) === 1) {
      node.kind = categoricalNode;
      const from = bounds[threshold] ?? 0;
      node.categories = codesOf(words.slice(from, bounds[threshold + 1] ?? from));
    } else {
      node.kind = numericNode;
      node.threshold = float32Below(threshold);
      const missing = (type >> 2) & 3;
      if (missing === 1) throw unreadable("a split that takes 0 for missing");
      node.missingLeft = missing === 2 ? (type & 2) === 2 : threshold >= 0;
    }
    node.left = visit(lefts?.[child] ?? -1);
    node.right = visit(rights?.[child] ?? -1);
    return index;
  };
  visit(inner === 0 ? -1 : 0);
  return nodes;
}

function codesOf(words: readonly number[]): number[] {
  return words.flatMap((word, w) =>
    Array.from({ length: 32 }, (_, bit) => w * 32 + bit).filter((code) => (word >>> (code & 31)) & 1),
  );
}
