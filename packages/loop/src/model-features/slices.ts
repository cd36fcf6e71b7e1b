import { PawlError } from "@pawl/core";

/** A stretch of time and the moment up to which its model may have learned. */
export interface Slice {
  /** Labels known before this moment train the slice's model; rows asked about from here on use it. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * Cuts [first, last] into slices of one length. A row's slice starts at or before the row's moment, so a
 * model trained on what was known before the slice knows nothing that the row may not.
 */
export function slicesOf(first: number, last: number, length: number): readonly Slice[] {
  if (!(length > 0)) {
    throw new PawlError("invalid_input", "A slice of time has a positive length.", { found: String(length) });
  }
  const slices: Slice[] = [];
  for (let start = first; start <= last; start += length) slices.push({ start, end: start + length });
  return slices;
}

/** The slice a moment lies in: its position, or −1 before the first. */
export function sliceAt(slices: readonly Slice[], moment: number): number {
  const [first] = slices;
  if (!first || !(moment >= first.start)) return -1;
  const position = Math.floor((moment - first.start) / (first.end - first.start));
  return position < slices.length ? position : -1;
}
