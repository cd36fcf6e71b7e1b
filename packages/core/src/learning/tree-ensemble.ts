/** Node kinds in `TreeEnsemble.kind`. */
export const leafNode = 0;
export const numericNode = 1;
export const categoricalNode = 2;

/**
 * Trees as flat arrays, open to whoever patches them. The margin of output `o` is
 * `base[o]` plus, for every tree `t` with `treeOutput[t] = o`, the `value` of the leaf its row reaches.
 *
 * Nodes of tree `t` are `treeStart[t] … treeStart[t + 1] − 1`, the root first, children after their
 * parent. At a node of feature `f` with the row's cell `x`:
 * - missing (`NaN`, or a category the model does not know): left when `missingLeft` is 1, else right;
 * - `numeric`: left when `fround(x) ≤ threshold`, both float32;
 * - `categorical`: left when bit `x & 31` of `categoryWords[categoryStart + (x >>> 5)]` is set;
 *   the node owns `categoryLength` words and codes beyond them are not in the set.
 */
export interface TreeEnsemble {
  readonly outputs: number;
  readonly base: Float64Array;
  /** Trees + 1 offsets into the node arrays. */
  readonly treeStart: Int32Array;
  /** The output each tree adds to. */
  readonly treeOutput: Int32Array;
  readonly kind: Uint8Array;
  /** Column index; −1 at leaves. */
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly missingLeft: Uint8Array;
  /** Absolute node indices; −1 at leaves. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** The leaf's margin, learning rate included; at inner nodes, what it would be as a leaf. */
  readonly value: Float64Array;
  /** Loss reduction of the split; 0 at leaves. */
  readonly gain: Float64Array;
  /** Training rows that reached the node. TreeSHAP weighs branches by it. */
  readonly count: Float64Array;
  /** Sum of (weighted) second derivatives at the node: what a leaf refit needs. */
  readonly hessian: Float64Array;
  /** Offset into `categoryWords`, at categorical nodes. */
  readonly categoryStart: Int32Array;
  readonly categoryLength: Int32Array;
  readonly categoryWords: Uint32Array;
}

/** The number of trees. */
export function treeCount(ensemble: TreeEnsemble): number {
  return ensemble.treeOutput.length;
}
