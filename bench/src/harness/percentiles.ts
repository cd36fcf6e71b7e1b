/** Of the calls of one run the first fifth is not counted, for the compilers' sake. */
export const uncounted = 0.2;

/** The p50 and p99 of times in µs, the first fifth left out. */
export function percentiles(micros: Float64Array): { readonly p50: number; readonly p99: number } {
  const sorted = micros.slice(Math.floor(micros.length * uncounted)).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
