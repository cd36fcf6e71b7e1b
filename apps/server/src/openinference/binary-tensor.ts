import { PawlError } from "@pawl/core";
import { textOf } from "../http/body.ts";
import { type Datatype, elementBytes } from "./datatype.ts";
import { halfToNumber } from "./half-float.ts";

/** An element of a tensor: 64-bit whole numbers are bigint only where a double cannot hold them. */
export type Element = string | number | bigint | boolean | null;

/** Reads the binary form of a tensor (little-endian) with `count` elements. */
export function decodeTensor(name: string, datatype: Datatype, bytes: Uint8Array, count: number): Element[] {
  if (datatype === "BYTES") return decodeBytes(name, bytes, count);
  const width = elementBytes[datatype];
  if (bytes.byteLength !== width * count) {
    throw new PawlError("invalid_input", `The bytes of input "${name}" do not fit its shape.`, {
      found: `${bytes.byteLength} bytes`,
      expected: `${count} × ${width} bytes for ${datatype}`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[datatype];
  return Array.from({ length: count }, (_, i) => read(view, i * width));
}

const safe = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;

const readers: Readonly<Record<Exclude<Datatype, "BYTES">, (view: DataView, at: number) => Element>> = {
  BOOL: (view, at) => view.getUint8(at) !== 0,
  UINT8: (view, at) => view.getUint8(at),
  UINT16: (view, at) => view.getUint16(at, true),
  UINT32: (view, at) => view.getUint32(at, true),
  UINT64: (view, at) => safe(view.getBigUint64(at, true)),
  INT8: (view, at) => view.getInt8(at),
  INT16: (view, at) => view.getInt16(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  INT64: (view, at) => safe(view.getBigInt64(at, true)),
  FP16: (view, at) => halfToNumber(view.getUint16(at, true)),
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
};

function decodeBytes(name: string, bytes: Uint8Array, count: number): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: string[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const length = at + 4 <= bytes.byteLength ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > bytes.byteLength) {
      throw new PawlError("invalid_input", `The bytes of input "${name}" end inside an element.`, {
        found: `${bytes.byteLength} bytes`,
        expected: "for each element four bytes of length, then that many bytes",
      });
    }
    found.push(textOf(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  if (found.length === count) return found;
  throw new PawlError("invalid_input", `The bytes of input "${name}" do not fit its shape.`, {
    found: `${found.length} elements`,
    expected: `${count}`,
  });
}

/** Writes the binary form of what answers are made of. */
export function encodeTensor(
  datatype: "BOOL" | "FP64" | "BYTES",
  values: readonly (string | number | boolean)[],
): Buffer {
  if (datatype === "BOOL") return Buffer.from(values.map((value) => (value === true ? 1 : 0)));
  if (datatype === "BYTES") {
    return Buffer.concat(
      values.flatMap((value) => {
        const text = Buffer.from(String(value), "utf8");
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        return [length, text];
      }),
    );
  }
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeDoubleLE(Number(value), i * 8);
  return bytes;
}
