/** A split of one leaf, the best found. */
export interface Split {
  readonly gain: number;
  readonly feature: number;
  /** Numeric: the last bin on the left. Categorical: −1. */
  readonly lastBin: number;
  /** Categorical: the bins on the left, ascending (bin 0 is the missing one). */
  readonly leftBins: readonly number[];
  readonly missingLeft: boolean;
  /** Packed sum of the left side: exact, like every sum of packed derivatives. */
  readonly leftTotal: number;
  /** L2 penalty of the children's values: the many-category split adds its own. */
  readonly l2: number;
  /** Estimated values of the children, within the leaf's bounds. */
  readonly leftValue: number;
  readonly rightValue: number;
}

/** What the search needs to know of a leaf. */
export interface SplitLeaf {
  readonly histogram: Float64Array;
  readonly rows: number;
  /** Packed sum over the leaf's rows. */
  readonly total: number;
  /** Bounds the values of this leaf and all below must keep, from monotone splits above. */
  readonly low: number;
  readonly high: number;
  /** Exact row counts per bin, for columns where the estimate from hessians proved wrong. */
  readonly counts: ReadonlyMap<number, Float64Array>;
}
