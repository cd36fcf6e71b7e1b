import { categoricalNode, leafNode, type TreeEnsemble } from "@pawl/core";
import type { ModelFields } from "../model/document-fields.ts";
import { OnnxGraph, attribute, doubles } from "../onnx/onnx-graph.ts";
import { newLeaf, treeNodes, type TreeNode } from "./tree-builder.ts";

/** The node lists of a TreeEnsembleRegressor, one entry a node. */
class NodeLists {
  readonly tree: number[] = [];
  readonly id: number[] = [];
  readonly feature: number[] = [];
  readonly mode: string[] = [];
  readonly value: number[] = [];
  readonly whenTrue: number[] = [];
  readonly whenFalse: number[] = [];
  readonly missingTrue: number[] = [];
  readonly leafTree: number[] = [];
  readonly leafId: number[] = [];
  readonly leafOutput: number[] = [];
  readonly leafWeight: number[] = [];

  push(
    tree: number,
    id: number,
    mode: string,
    feature: number,
    value: number,
    branches: readonly [number, number],
    missingTrue: boolean,
  ): void {
    this.tree.push(tree);
    this.id.push(id);
    this.mode.push(mode);
    this.feature.push(feature);
    this.value.push(value);
    this.whenTrue.push(branches[0]);
    this.whenFalse.push(branches[1]);
    this.missingTrue.push(missingTrue ? 1 : 0);
  }

  attributes(outputs: number, base: Float64Array) {
    return [
      attribute.int("n_targets", outputs),
      attribute.string("aggregate_function", "SUM"),
      attribute.string("post_transform", "NONE"),
      attribute.tensor("base_values_as_tensor", doubles(base)),
      attribute.ints("nodes_treeids", this.tree),
      attribute.ints("nodes_nodeids", this.id),
      attribute.ints("nodes_featureids", this.feature),
      attribute.strings("nodes_modes", this.mode),
      attribute.tensor("nodes_values_as_tensor", doubles(this.value)),
      attribute.ints("nodes_truenodeids", this.whenTrue),
      attribute.ints("nodes_falsenodeids", this.whenFalse),
      attribute.ints("nodes_missing_value_tracks_true", this.missingTrue),
      attribute.ints("target_treeids", this.leafTree),
      attribute.ints("target_nodeids", this.leafId),
      attribute.ints("target_ids", this.leafOutput),
      attribute.tensor("target_weights_as_tensor", doubles(this.leafWeight)),
    ];
  }
}

/**
 * Trees as one TreeEnsembleRegressor in double precision. The float32 input is cast to double, so a
 * threshold (float32) compares as in our own scoring, and leaf values add up in double.
 * A categorical split becomes a chain of equality branches over the smaller of its two sides, all
 * with the same true branch; the missing value follows the chain or leaves it likewise.
 */
export function treesToOnnx(fields: ModelFields, trees: TreeEnsemble): Uint8Array {
  const graph = new OnnxGraph(fields.columns);
  const lists = new NodeLists();
  const vocabulary = fields.columns.map((column) =>
    column.kind === "categorical" ? column.categories.length : 0,
  );
  trees.treeOutput.forEach((output, tree) => {
    pushTree(lists, tree, output, treeNodes(trees, tree), vocabulary);
  });
  // The operator wants at least one tree.
  if (trees.treeOutput.length === 0) pushTree(lists, 0, 0, [newLeaf()], vocabulary);
  const margin = graph.op(
    "TreeEnsembleRegressor",
    [graph.rows],
    lists.attributes(trees.outputs, trees.base),
    "ai.onnx.ml",
  );
  return graph.finish(margin, fields.link, trees.outputs);
}

function pushTree(
  lists: NodeLists,
  tree: number,
  output: number,
  nodes: readonly TreeNode[],
  vocabulary: readonly number[],
): void {
  let next = nodes.length;
  for (const [id, node] of nodes.entries()) {
    if (node.kind === leafNode) {
      lists.push(tree, id, "LEAF", 0, 0, [0, 0], false);
      lists.leafTree.push(tree);
      lists.leafId.push(id);
      lists.leafOutput.push(output);
      lists.leafWeight.push(node.value);
    } else if (node.kind !== categoricalNode) {
      lists.push(
        tree,
        id,
        "BRANCH_LEQ",
        node.feature,
        node.threshold,
        [node.left, node.right],
        node.missingLeft,
      );
    } else {
      const { codes, whenIn, whenOut, missingIn } = smallerSide(node, vocabulary[node.feature] ?? 0);
      for (const [i, code] of codes.entries()) {
        const at = i === 0 ? id : next++;
        const otherwise = i === codes.length - 1 ? whenOut : next;
        lists.push(tree, at, "BRANCH_EQ", node.feature, code, [whenIn, otherwise], missingIn);
      }
    }
  }
}

/** The split as "one of these codes": the left set, or its complement when that is smaller. */
function smallerSide(node: TreeNode, vocabulary: number) {
  const left = new Set(node.categories);
  const outside = Array.from({ length: vocabulary }, (_, code) => code).filter((code) => !left.has(code));
  const useLeft = outside.length === 0 || (left.size > 0 && left.size <= outside.length);
  return useLeft
    ? { codes: [...left], whenIn: node.left, whenOut: node.right, missingIn: node.missingLeft }
    : { codes: outside, whenIn: node.right, whenOut: node.left, missingIn: !node.missingLeft };
}
