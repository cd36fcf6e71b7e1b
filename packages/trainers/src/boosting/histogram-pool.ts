/** Memory kept in histograms at most; a leaf without one has its children counted afresh. */
const poolBytes = 512 * 1024 * 1024;

/** Lends histograms of one length and takes them back, so that growing a tree allocates nothing. */
export class HistogramPool {
  private readonly free: Float64Array[] = [];
  private made = 0;
  private readonly most: number;
  private spare: Float64Array | undefined;

  private readonly length: number;

  constructor(length: number) {
    this.length = length;
    this.most = Math.floor(poolBytes / (length * 8));
  }

  /** A histogram of zeros; undefined when the memory is used up. */
  take(): Float64Array | undefined {
    const used = this.free.pop();
    if (used !== undefined) return used.fill(0);
    if (this.made >= this.most) return undefined;
    this.made++;
    return new Float64Array(this.length);
  }

  /** The one histogram, zeroed, for a search whose result is not kept. */
  scratch(): Float64Array {
    this.spare ??= new Float64Array(this.length);
    return this.spare.fill(0);
  }

  give(histogram: Float64Array | undefined): void {
    if (histogram !== undefined) this.free.push(histogram);
  }
}
