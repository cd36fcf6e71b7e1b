import type { Scalar } from "./kind.ts";

/**
 * The order of values of one kind: numbers by size, text by Unicode code point (as UTF-8 bytes sort),
 * false before true. Ties between facts are settled by it, so every engine must use this order.
 */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same order with null first. */
export function compareNullable(a: Scalar | null, b: Scalar | null): number {
  if (a === null) return b === null ? 0 : -1;
  return b === null ? 1 : compareScalars(a, b);
}

/** Code-point order. JavaScript's own `<` sorts by UTF-16 unit, which puts U+1F600 before U+FFFD. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    if (xHigh !== yHigh) return xHigh ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}
