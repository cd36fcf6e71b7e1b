import { md5 } from "@noble/hashes/legacy.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Scalar } from "../definitions/kind.ts";

/** Hashes are whole numbers from 0 up to this, exclusive: exact in a double, and in a BIGINT of any SQL. */
export const hashRange = 2 ** 52;

/**
 * A number for a value, the same in every engine: the first 13 hexadecimal digits of the MD5 of the
 * value's text, as UTF-8. In DuckDB: `('0x' || md5(text)[1:13])::BIGINT`. MD5 because every SQL has it;
 * nothing here needs it to be secure.
 */
export function valueHash(value: Scalar): number {
  const digest = md5(utf8ToBytes(valueText(value)));
  let hash = 0;
  for (let i = 0; i < 6; i++) hash = hash * 256 + (digest[i] as number);
  return hash * 16 + ((digest[6] as number) >>> 4);
}

const bits = new DataView(new ArrayBuffer(8));

/**
 * The text that is hashed, by kind:
 *
 * | value | text |
 * |---|---|
 * | string | itself |
 * | bool | `true`, `false` |
 * | bigint, int, timestamp, duration, and a float that is whole and at most 2⁵³ | decimal digits, `-` before negatives; −0 is `0` |
 * | any other float | `f` and its 64 bits (IEEE 754) read as a signed whole number, in decimal; in DuckDB `'f' || (x::BIT)::BIGINT` |
 */
export function valueText(value: Scalar): string {
  if (typeof value === "string") return value;
  if (typeof value !== "number") return value.toString();
  if (Math.abs(value) <= 2 ** 53 && Math.floor(value) === value) return value.toString();
  bits.setFloat64(0, value);
  return `f${bits.getBigInt64(0)}`;
}
