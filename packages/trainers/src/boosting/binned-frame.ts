import type { Frame, ModelColumn } from "@pawl/core";
import { binOfValue, categoricalBins, numericBins, type ColumnBins } from "./column-bins.ts";

/**
 * A frame as bins, twice: row by row for building histograms (a scattered row is one or two cache
 * lines, and one 32-bit read gives four bins) and column by column for partitioning.
 */
export interface BinnedFrame {
  readonly rows: number;
  readonly bins: readonly ColumnBins[];
  /** 32-bit words per row: four columns each, low byte first, zero-padded. */
  readonly words: number;
  /** Rows × words. */
  readonly byRow: Uint32Array;
  /** One bin a row, for each column. */
  readonly byColumn: readonly Uint8Array[];
}

/** Bins a frame. `fixed` are the columns of a model that is continued: its categories stay. */
export function binFrame(
  frame: Frame,
  weights: Float64Array | undefined,
  maxBins: number,
  fixed: readonly ModelColumn[] | undefined,
): BinnedFrame {
  const { rows } = frame;
  const words = Math.ceil(frame.columns.length / 4);
  const byRow = new Uint32Array(rows * words);
  const bins: ColumnBins[] = [];
  const byColumn = frame.columns.map((column, c) => {
    const own = new Uint8Array(rows);
    if (column.kind === "numeric") {
      const cuts = numericBins(column, weights, maxBins);
      bins.push(cuts);
      for (let row = 0; row < rows; row++) own[row] = binOfValue(cuts, column.values[row] as number);
    } else {
      const known = fixed?.[c];
      const cuts = categoricalBins(
        column,
        maxBins,
        known?.kind === "categorical" ? known.categories : undefined,
      );
      bins.push(cuts);
      for (let row = 0; row < rows; row++) {
        const code = column.codes[row] as number;
        own[row] = code < 0 ? 0 : (cuts.binOf[code] as number);
      }
    }
    const shift = (c & 3) * 8;
    for (let row = 0, at = c >> 2; row < rows; row++, at += words) {
      byRow[at] = (byRow[at] as number) | ((own[row] as number) << shift);
    }
    return own;
  });
  return { rows, bins, words, byRow, byColumn };
}

/** The columns as the model will know them. */
export function modelColumns(frame: Frame, bins: readonly ColumnBins[]): ModelColumn[] {
  return frame.columns.map(({ name }, c): ModelColumn => {
    const own = bins[c];
    return own?.kind === "categorical"
      ? { name, kind: "categorical", categories: own.categories }
      : { name, kind: "numeric" };
  });
}
