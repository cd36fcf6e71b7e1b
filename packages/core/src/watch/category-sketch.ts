import { compareScalars } from "../definitions/compare.ts";

/**
 * A mergeable summary of categories: exact counts of up to `capacity` values; beyond that the rarest are
 * pooled under "other". Merging is exact as long as nothing has been pooled; after that a count is a lower
 * bound, short by at most `other`.
 */
export interface CategorySketch {
  readonly capacity: number;
  readonly counts: Map<string, number>;
  other: number;
  missing: number;
}

export function categorySketch(capacity = 1000): CategorySketch {
  return { capacity, counts: new Map(), other: 0, missing: 0 };
}

export function addCategory(sketch: CategorySketch, value: string | null, times = 1): void {
  if (value === null) {
    sketch.missing += times;
    return;
  }
  sketch.counts.set(value, (sketch.counts.get(value) ?? 0) + times);
  // Pooling in batches keeps the cost per value constant.
  if (sketch.counts.size > 2 * sketch.capacity) pool(sketch);
}

export function mergeCategories(into: CategorySketch, from: CategorySketch): void {
  into.other += from.other;
  into.missing += from.missing;
  for (const [value, count] of from.counts) into.counts.set(value, (into.counts.get(value) ?? 0) + count);
  if (into.counts.size > 2 * into.capacity) pool(into);
}

/** Categories with their counts, most frequent first; the rarest beyond the capacity are pooled last, as null. */
export function rankedCategories(
  sketch: CategorySketch,
): readonly { readonly value: string | null; readonly count: number }[] {
  const ranked = ranking(sketch);
  const kept = ranked.slice(0, sketch.capacity).map(([value, count]) => ({ value, count }));
  const pooled = ranked.slice(sketch.capacity).reduce((sum, [, count]) => sum + count, sketch.other);
  return pooled > 0 ? [...kept, { value: null, count: pooled }] : kept;
}

function ranking(sketch: CategorySketch): [string, number][] {
  return [...sketch.counts].sort(([a, m], [b, n]) => n - m || compareScalars(a, b));
}

function pool(sketch: CategorySketch): void {
  for (const [value, count] of ranking(sketch).slice(sketch.capacity)) {
    sketch.counts.delete(value);
    sketch.other += count;
  }
}
