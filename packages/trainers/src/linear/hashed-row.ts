import type { CellValue } from "@pawl/core";
import type { SparseRow } from "./ftrl-learner.ts";

/** FNV-1a over UTF-16 code units, finished by murmur3's mixer so that low bits are usable. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * A record as a hashed row of 2^bits slots (Weinberger et al. 2009): a category sets the slot of
 * "name=category", a number puts its value into the slot of its name, a missing cell sets the slot of
 * "name is missing". Categories never seen before just work. Scale numbers to about ±1 yourself.
 */
export function hashedRow(
  record: Readonly<Record<string, CellValue>>,
  bits: number,
  base?: number,
): SparseRow {
  const mask = 2 ** bits - 1;
  const slots: number[] = [];
  const values: number[] = [];
  for (const [name, cell] of Object.entries(record)) {
    const missing = cell === null || cell === undefined || Number.isNaN(cell);
    const number = !missing && typeof cell === "number";
    slots.push(hashText(missing ? `${name} is missing` : number ? name : `${name}=${cell}`) & mask);
    values.push(number ? cell : 1);
  }
  return { slots, values, ...(base !== undefined && { base }) };
}
