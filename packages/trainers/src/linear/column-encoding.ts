/**
 * How a linear model reads one column. Each makes some terms, the last of which is 1 when the cell
 * is missing (or, for one-hot encodings, none of the levels):
 * - `unused`: no terms;
 * - `numeric`: (x − center) / scale, 0 when missing; and missing;
 * - `codes`: one-hot of a categorical column's `count` model codes; and missing;
 * - `levels`: one-hot of the numbers `levels`, compared as float32; and other or missing;
 * - `clock`: one-hot of floor((x + offset) / unit) mod `buckets`, x in microseconds, not rounded to
 *   float32 (which has no room for a date); and missing.
 */
export type ColumnEncoding =
  | { readonly kind: "unused" }
  | { readonly kind: "numeric"; readonly center: number; readonly scale: number }
  | { readonly kind: "codes"; readonly count: number }
  | { readonly kind: "levels"; readonly levels: readonly number[] }
  | { readonly kind: "clock"; readonly unit: number; readonly offset: number; readonly buckets: number };

/** The largest float32: infinities are clipped to it. */
export const largestFloat32 = 3.4028234663852886e38;

/** The number of terms an encoding makes. */
export function termCount(encoding: ColumnEncoding): number {
  switch (encoding.kind) {
    case "unused":
      return 0;
    case "numeric":
      return 2;
    case "codes":
      return encoding.count + 1;
    case "levels":
      return encoding.levels.length + 1;
    case "clock":
      return encoding.buckets + 1;
  }
}

/** Rounds to float32 and clips infinities; `NaN` stays. */
export function doorValue(x: number): number {
  const rounded = Math.fround(x);
  return rounded > largestFloat32 ? largestFloat32 : rounded < -largestFloat32 ? -largestFloat32 : rounded;
}

/**
 * The one-hot term (counted from the column's first) that a cell of a one-hot encoding sets.
 */
export function levelOf(encoding: ColumnEncoding, x: number): number {
  switch (encoding.kind) {
    case "codes":
      return x >= 0 && x < encoding.count ? x : encoding.count;
    case "levels": {
      const rounded = Math.fround(x);
      const { levels } = encoding;
      for (let i = 0; i < levels.length; i++) if (levels[i] === rounded) return i;
      return levels.length;
    }
    case "clock": {
      if (!Number.isFinite(x)) return encoding.buckets;
      const ticks = Math.floor((x + encoding.offset) / encoding.unit);
      return ((ticks % encoding.buckets) + encoding.buckets) % encoding.buckets;
    }
    default:
      return 0;
  }
}
