import type { Frame, ModelColumn } from "@pawl/core";
import { doorValue, type ColumnEncoding } from "./column-encoding.ts";

/**
 * The usual encodings of a frame: numeric columns by their (weighted) mean and standard deviation,
 * categorical ones by the categories seen in training. Infinities do not take part in the mean; a
 * constant column has scale 1.
 */
export function standardEncodings(
  frame: Frame,
  weights: Float64Array | undefined,
): { readonly columns: readonly ModelColumn[]; readonly encodings: readonly ColumnEncoding[] } {
  const columns: ModelColumn[] = [];
  const encodings: ColumnEncoding[] = [];
  for (const column of frame.columns) {
    if (column.kind === "numeric") {
      columns.push({ name: column.name, kind: "numeric" });
      encodings.push({ kind: "numeric", ...centerAndScale(column.values, weights) });
      continue;
    }
    const seen = new Set(column.codes);
    const categories = column.categories.filter((_, code) => seen.has(code));
    columns.push({ name: column.name, kind: "categorical", categories });
    encodings.push({ kind: "codes", count: categories.length });
  }
  return { columns, encodings };
}

/** Two passes, so that a large mean does not swallow a small deviation. */
function centerAndScale(values: Float64Array, weights: Float64Array | undefined) {
  let total = 0;
  let sum = 0;
  const use = (row: number): number => {
    const x = doorValue(values[row] as number);
    return Number.isFinite(values[row] as number) ? x : Number.NaN;
  };
  for (let row = 0; row < values.length; row++) {
    const x = use(row);
    if (Number.isNaN(x)) continue;
    const weight = weights?.[row] ?? 1;
    total += weight;
    sum += weight * x;
  }
  const center = total > 0 ? sum / total : 0;
  let squares = 0;
  for (let row = 0; row < values.length; row++) {
    const x = use(row);
    if (!Number.isNaN(x)) squares += (weights?.[row] ?? 1) * (x - center) ** 2;
  }
  const scale = total > 0 ? Math.sqrt(squares / total) : 0;
  return { center, scale: scale > 0 && Number.isFinite(scale) ? scale : 1 };
}
