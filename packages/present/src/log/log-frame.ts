import { crc32 } from "./crc32.ts";

/** Bytes before a frame's payload: its length, its CRC-32, and the CRC-32 of those two. */
export const headerBytes = 12;

/** Puts a payload in a frame, so that a torn or damaged one is recognised. */
export function frame(payload: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(headerBytes + payload.length);
  framed.writeUInt32LE(payload.length, 0);
  framed.writeUInt32LE(crc32(payload), 4);
  framed.writeUInt32LE(crc32(framed.subarray(0, 8)), 8);
  payload.copy(framed, headerBytes);
  return framed;
}

/** The payload of the frame at an offset, or undefined where there is no whole, sound frame. */
export function unframe(bytes: Buffer, offset: number): Buffer | undefined {
  const length = payloadLength(bytes, offset);
  if (length === undefined || offset + headerBytes + length > bytes.length) return undefined;
  const payload = bytes.subarray(offset + headerBytes, offset + headerBytes + length);
  return crc32(payload) === bytes.readUInt32LE(offset + 4) ? payload : undefined;
}

/** What a sound header says of its payload's length. */
export function payloadLength(bytes: Buffer, offset: number): number | undefined {
  if (offset + headerBytes > bytes.length) return undefined;
  const sound = crc32(bytes.subarray(offset, offset + 8)) === bytes.readUInt32LE(offset + 8);
  return sound ? bytes.readUInt32LE(offset) : undefined;
}

/** Where the next sound frame begins at or after an offset. */
export function nextFrame(bytes: Buffer, from: number): number | undefined {
  for (let offset = from; offset + headerBytes <= bytes.length; offset++) {
    if (unframe(bytes, offset) !== undefined) return offset;
  }
  return undefined;
}
