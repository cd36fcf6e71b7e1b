/** How strongly two columns go together. NaN is missing and left out; undefined when it cannot be said. */

/** Pearson's r over rows where both are there. */
export function pearson(x: Float64Array, y: Float64Array): number | undefined {
  let [n, meanX, meanY, varX, varY, both] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const a = x[i] as number;
    const b = y[i] as number;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    // Welford's running means: no cancellation for large values such as moments.
    n++;
    const dx = a - meanX;
    const dy = b - meanY;
    meanX += dx / n;
    meanY += dy / n;
    varX += dx * (a - meanX);
    varY += dy * (b - meanY);
    both += dx * (b - meanY);
  }
  if (n < 3 || !(varX > 0) || !(varY > 0)) return undefined;
  return Math.max(-1, Math.min(1, both / Math.sqrt(varX * varY)));
}

/** Mid-ranks from 1, NaN where missing. */
export function midRanks(x: Float64Array): Float64Array {
  const present = [...x.keys()].filter((i) => !Number.isNaN(x[i] as number));
  const order = Int32Array.from(present).sort((a, b) => (x[a] as number) - (x[b] as number));
  const ranks = new Float64Array(x.length).fill(Number.NaN);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && x[order[end] as number] === x[order[start] as number]) end++;
    for (let i = start; i < end; i++) ranks[order[i] as number] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

/** Area under the ROC curve of x for y ∈ {0, 1}, by ranks (Mann–Whitney); below 0.5 it is turned round. */
export function aucOf(x: Float64Array, y: Float64Array): number | undefined {
  const present = x.map((value, i) => (Number.isNaN(y[i] as number) ? Number.NaN : value));
  const ranks = midRanks(present);
  let [positives, negatives, sum] = [0, 0, 0];
  for (let i = 0; i < ranks.length; i++) {
    if (Number.isNaN(ranks[i] as number)) continue;
    if (y[i] === 1) {
      positives++;
      sum += ranks[i] as number;
    } else negatives++;
  }
  if (positives === 0 || negatives === 0) return undefined;
  const auc = (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
  return Math.max(auc, 1 - auc);
}

/**
 * Each row's mean of y among the rows of the same code in the other half of the table (odd and even rows):
 * what a code says of the label without having seen it. NaN where the other half has none.
 */
export function meanOfOthers(codes: Float64Array, y: Float64Array): Float64Array {
  const sums = [new Map<number, [number, number]>(), new Map<number, [number, number]>()] as const;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    const value = y[i] as number;
    if (Number.isNaN(code) || Number.isNaN(value)) continue;
    const half = sums[(i % 2) as 0 | 1];
    const entry = half.get(code) ?? [0, 0];
    half.set(code, [entry[0] + value, entry[1] + 1]);
  }
  return codes.map((code, i) => {
    const entry = sums[((i + 1) % 2) as 0 | 1].get(code);
    return entry ? entry[0] / entry[1] : Number.NaN;
  });
}

/** Cramér's V of two columns of codes, corrected for chance (Bergsma 2013). */
export function cramersV(a: Float64Array, b: Float64Array): number | undefined {
  const cells = new Map<string, number>();
  const rows = new Map<number, number>();
  const columns = new Map<number, number>();
  let n = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n++;
    const cell = `${x} ${y}`;
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
    rows.set(x, (rows.get(x) ?? 0) + 1);
    columns.set(y, (columns.get(y) ?? 0) + 1);
  }
  if (n < 3 || rows.size < 2 || columns.size < 2) return undefined;
  // Σ (o − e)² / e = n · (Σ o² / (row · column) − 1)
  let sum = 0;
  for (const [cell, count] of cells) {
    const [x, y] = cell.split(" ").map(Number) as [number, number];
    sum += (count * count) / ((rows.get(x) as number) * (columns.get(y) as number));
  }
  const [r, k] = [rows.size, columns.size];
  const phi = Math.max(0, sum - 1 - ((r - 1) * (k - 1)) / (n - 1));
  const widthR = r - (r - 1) ** 2 / (n - 1);
  const widthK = k - (k - 1) ** 2 / (n - 1);
  const width = Math.min(widthR, widthK) - 1;
  return width > 0 ? Math.min(1, Math.sqrt(phi / width)) : undefined;
}

/** Correlation ratio η: the share of y's spread that lies between codes, as a root; 0 to 1. */
export function correlationRatio(codes: Float64Array, y: Float64Array): number | undefined {
  const groups = new Map<number, [number, number]>();
  let [n, mean, spread] = [0, 0, 0];
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    const value = y[i] as number;
    if (Number.isNaN(code) || Number.isNaN(value)) continue;
    n++;
    const delta = value - mean;
    mean += delta / n;
    spread += delta * (value - mean);
    const entry = groups.get(code) ?? [0, 0];
    groups.set(code, [entry[0] + 1, entry[1] + (value - entry[1]) / (entry[0] + 1)]);
  }
  if (n <= groups.size || groups.size < 2 || !(spread > 0)) return undefined;
  let between = 0;
  for (const [size, own] of groups.values()) between += size * (own - mean) ** 2;
  // Kelley's ε²: what groups explain by chance alone is taken off.
  const corrected = 1 - ((spread - between) / (n - groups.size)) * ((n - 1) / spread);
  return Math.sqrt(Math.max(0, Math.min(1, corrected)));
}
