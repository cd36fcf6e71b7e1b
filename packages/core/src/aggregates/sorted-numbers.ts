import { PawlError } from "../errors.ts";

const blockSize = 512;

/**
 * A multiset of numbers in order: numbers enter and leave anywhere, the k-th smallest is at hand.
 *
 * Sorted blocks of at most 512 numbers: an entry costs two binary searches and a move of at most 4 kB;
 * `at` walks the block sizes (about 300 steps at 100,000 numbers). A small multiset is one small block.
 */
export class SortedNumbers {
  private readonly blocks: Float64Array[] = [new Float64Array(8)];
  private readonly sizes: number[] = [0];
  size = 0;

  add(x: number): void {
    const b = this.blockFor(x);
    let block = this.blocks[b] as Float64Array;
    const size = this.sizes[b] as number;
    if (size === block.length) {
      if (size === blockSize) {
        this.split(b);
        return this.add(x);
      }
      const wider = new Float64Array(size * 4 > blockSize ? blockSize : size * 4);
      wider.set(block);
      this.blocks[b] = wider;
      block = wider;
    }
    const position = lowerBound(block, size, x);
    if (size - position > 40) block.copyWithin(position + 1, position, size);
    else for (let i = size; i > position; i--) block[i] = block[i - 1] as number;
    block[position] = x;
    this.sizes[b] = size + 1;
    this.size++;
  }

  remove(x: number): void {
    const b = this.blockFor(x);
    const block = this.blocks[b] as Float64Array;
    const size = this.sizes[b] as number;
    const position = lowerBound(block, size, x);
    if (position === size || block[position] !== x) {
      throw new PawlError("internal", "A value left that was not inside.", { found: String(x) });
    }
    if (size - position > 40) block.copyWithin(position, position + 1, size);
    else for (let i = position + 1; i < size; i++) block[i - 1] = block[i] as number;
    this.sizes[b] = size - 1;
    this.size--;
    if (size - 1 < blockSize / 8 && this.blocks.length > 1) this.join(b);
  }

  /** The k-th smallest, from 0; k must be below `size`. */
  at(k: number): number {
    const { sizes } = this;
    let b = 0;
    let before = k;
    if (k === this.size - 1) {
      b = sizes.length - 1;
      before = (sizes[b] as number) - 1;
    } else {
      for (let size = sizes[0] as number; before >= size; size = sizes[b] as number) {
        before -= size;
        b++;
      }
    }
    return (this.blocks[b] as Float64Array)[before] as number;
  }

  clear(): void {
    this.blocks.length = 1;
    this.sizes.length = 1;
    this.sizes[0] = 0;
    this.size = 0;
  }

  /** The first block whose last number is not below x, or else the last block. */
  private blockFor(x: number): number {
    const { blocks, sizes } = this;
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = blocks[middle] as Float64Array;
      if ((block[(sizes[middle] as number) - 1] as number) < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private split(b: number): void {
    const block = this.blocks[b] as Float64Array;
    const half = blockSize / 2;
    const upper = new Float64Array(blockSize);
    upper.set(block.subarray(half));
    this.blocks.splice(b + 1, 0, upper);
    this.sizes.splice(b, 1, half, half);
  }

  /** Puts a block that has become small into its neighbour, where there is room. An empty one always fits. */
  private join(b: number): void {
    const left = b === 0 ? 0 : b - 1;
    const sizeLeft = this.sizes[left] as number;
    const sizeRight = this.sizes[left + 1] as number;
    const isEmpty = sizeLeft === 0 || sizeRight === 0;
    if (!isEmpty && sizeLeft + sizeRight > blockSize / 2) return;
    const right = this.blocks[left + 1] as Float64Array;
    let into = this.blocks[left] as Float64Array;
    if (into.length < sizeLeft + sizeRight) {
      const wider = new Float64Array(blockSize);
      wider.set(into.subarray(0, sizeLeft));
      this.blocks[left] = wider;
      into = wider;
    }
    into.set(right.subarray(0, sizeRight), sizeLeft);
    this.sizes[left] = sizeLeft + sizeRight;
    this.blocks.splice(left + 1, 1);
    this.sizes.splice(left + 1, 1);
  }
}

function lowerBound(block: Float64Array, size: number, x: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
