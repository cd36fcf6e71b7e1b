const blockBytes = 256 * 1024;

let block = new ArrayBuffer(blockBytes);
let used = 0;

/**
 * Room for bytes about to be written, aligned for doubles. Many small pieces share one buffer: an ArrayBuffer
 * each would cost the garbage collector more than the writing itself. A block is freed once all its pieces are.
 */
export function room(length: number): Uint8Array {
  if (length > blockBytes / 4) return new Uint8Array(length);
  const start = (used + 7) & ~7;
  if (start + length > blockBytes) {
    block = new ArrayBuffer(blockBytes);
    used = length;
    return new Uint8Array(block, 0, length);
  }
  used = start + length;
  return new Uint8Array(block, start, length);
}
