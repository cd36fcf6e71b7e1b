import type { BinnedFrame } from "./binned-frame.ts";

/** Cells a column has in a histogram, whatever its bins: a power of two, so an index is an OR. */
export const columnCells = 256;

/** Cells of one histogram: a whole number of four-column words. */
export function histogramLength(words: number): number {
  return words * 4 * columnCells;
}

/**
 * Adds the packed derivatives of `rows[start … end)` to a histogram, words `from` to `to` of each
 * row. This loop is most of the training time: one 32-bit read gives four bins, and each cell costs
 * one addition.
 */
export function addToHistogram(
  frame: BinnedFrame,
  packed: Float64Array,
  rows: Int32Array,
  start: number,
  end: number,
  from: number,
  to: number,
  histogram: Float64Array,
): void {
  const { byRow, words } = frame;
  for (let i = start; i < end; i++) {
    const row = rows[i] as number;
    const value = packed[row] as number;
    const base = row * words;
    for (let w = from, o = from * 1024; w < to; w++, o += 1024) {
      const four = byRow[base + w] as number;
      const a = o | (four & 255);
      const b = o | 256 | ((four >>> 8) & 255);
      const c = o | 512 | ((four >>> 16) & 255);
      const d = o | 768 | (four >>> 24);
      histogram[a] = (histogram[a] as number) + value;
      histogram[b] = (histogram[b] as number) + value;
      histogram[c] = (histogram[c] as number) + value;
      histogram[d] = (histogram[d] as number) + value;
    }
  }
}

/** `from −= part`, cell by cell: the sibling's histogram, exactly. */
export function subtractHistogram(from: Float64Array, part: Float64Array): void {
  for (let i = 0; i < from.length; i++) from[i] = (from[i] as number) - (part[i] as number);
}
