const runLength = 24;

/**
 * Sorts `ids[0..n)` by `keys[id]`, ascending and stable: insertion-sorted runs, merged pairwise. Facts mostly
 * come in order of time, so runs that already fit are not touched; sorted input costs one comparison each.
 */
export function sortBy(keys: Float64Array, ids: Int32Array, n: number, scratch: Int32Array): void {
  if (isSorted(keys, ids, n)) return;
  for (let start = 0; start < n; start += runLength) {
    insertionSort(keys, ids, start, Math.min(start + runLength, n));
  }
  for (let width = runLength; width < n; width *= 2) {
    for (let start = 0; start + width < n; start += 2 * width) {
      merge(keys, ids, start, start + width, Math.min(start + 2 * width, n), scratch);
    }
  }
}

function isSorted(keys: Float64Array, ids: Int32Array, n: number): boolean {
  for (let i = 1; i < n; i++) {
    if ((keys[ids[i] as number] as number) < (keys[ids[i - 1] as number] as number)) return false;
  }
  return true;
}

function insertionSort(keys: Float64Array, ids: Int32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const id = ids[i] as number;
    const key = keys[id] as number;
    let j = i;
    while (j > start && (keys[ids[j - 1] as number] as number) > key) {
      ids[j] = ids[j - 1] as number;
      j--;
    }
    ids[j] = id;
  }
}

function merge(
  keys: Float64Array,
  ids: Int32Array,
  start: number,
  middle: number,
  end: number,
  scratch: Int32Array,
): void {
  if ((keys[ids[middle - 1] as number] as number) <= (keys[ids[middle] as number] as number)) return;
  const left = middle - start;
  for (let i = 0; i < left; i++) scratch[i] = ids[start + i] as number;
  let a = 0;
  let b = middle;
  let to = start;
  while (a < left && b < end) {
    const x = scratch[a] as number;
    const y = ids[b] as number;
    if ((keys[y] as number) < (keys[x] as number)) {
      ids[to++] = y;
      b++;
    } else {
      ids[to++] = x;
      a++;
    }
  }
  while (a < left) ids[to++] = scratch[a++] as number;
}
