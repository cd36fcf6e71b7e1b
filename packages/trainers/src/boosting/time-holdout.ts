import { PawlError } from "@pawl/core";

/** Rows to fit and later rows to watch. */
export interface TimeHoldout {
  readonly fit: Int32Array;
  readonly watch: Int32Array;
}

/**
 * Holds out the latest `share` of rows by time. The cut lies between two moments: rows of one moment
 * are never on both sides, so that no future row is fitted. Both sides ascend by row number. Throws
 * `insufficient_data` when all rows are of one moment.
 */
export function timeHoldout(times: Float64Array, share: number): TimeHoldout {
  const sorted = Float64Array.from(times).sort();
  const first = sorted[0] ?? 0;
  let cut = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - share)))] ?? first;
  // Everything at the first moment would be watched and nothing fitted.
  if (cut === first) cut = sorted.find((time) => time > first) ?? first;
  if (cut === first) {
    throw new PawlError("insufficient_data", "Early stopping needs rows from more than one moment.", {
      found: `${times.length} rows, all at ${first}`,
      next: "Give other times, or set patience to 0.",
    });
  }
  const rows = Int32Array.from(times, (_, row) => row);
  return {
    fit: rows.filter((row) => (times[row] ?? 0) < cut),
    watch: rows.filter((row) => (times[row] ?? 0) >= cut),
  };
}
