import { decodeArray, decodeNumber } from "./encoded.ts";

/** Numbers beyond this magnitude (about 10²⁹²) are not summed: while one is inside, the sum is not known. */
const largest = 2 ** 970;

/**
 * A sum of doubles without any rounding until it is asked for: what was added can be taken out again, in
 * any order, and nothing is left of it. So history, present and any merge of parts agree to the last bit.
 *
 * The total is held as an unevaluated sum of doubles: `high + low`, and in the rare case that this is not
 * enough, further terms. Every step is Knuth's TwoSum, which is exact (Shewchuk 1997, "Adaptive Precision
 * Floating-Point Arithmetic", theorem 7). Usual data need one or two terms; the worst case has about 60.
 * Exact for magnitudes up to 2⁹⁷⁰ and fewer than 2⁵³ values.
 */
export class ExactSum {
  private high = 0;
  private low = 0;
  private readonly further: number[] = [];
  /** How many numbers inside are too large to be summed. */
  private huge = 0;

  add(x: number): void {
    if (x > largest || x < -largest) this.huge++;
    else this.accumulate(x);
  }

  /** Undoes `add(x)`. */
  subtract(x: number): void {
    if (x > largest || x < -largest) this.huge--;
    else this.accumulate(-x);
  }

  /** Adds a · b, exactly unless it is below 2⁻⁹⁰⁰. Both must be below 2⁹⁶⁰, their product below 2⁹⁷⁰. */
  addProduct(a: number, b: number): void {
    const product = a * b;
    this.accumulate(product);
    const error = productError(a, b, product);
    if (error !== 0) this.accumulate(error);
  }

  /** Adds sign · a · b for two sums, exactly unless a product is below 2⁻⁹⁰⁰. */
  addProductOf(a: ExactSum, b: ExactSum, sign: 1 | -1): void {
    this.addMultiple(sign * a.high, b);
    if (a.low !== 0) this.addMultiple(sign * a.low, b);
    for (const term of a.further) this.addMultiple(sign * term, b);
  }

  /** Adds n · sum for a double n, exactly unless a product is below 2⁻⁹⁰⁰. */
  addMultiple(n: number, sum: ExactSum): void {
    this.addProduct(n, sum.high);
    if (sum.low !== 0) this.addProduct(n, sum.low);
    for (const term of sum.further) this.addProduct(n, term);
  }

  merge(from: ExactSum): void {
    this.huge += from.huge;
    for (const term of from.terms()) this.accumulate(term);
  }

  /** The sum correctly rounded to a double, or NaN while a number too large is inside. */
  value(): number {
    if (this.huge > 0) return Number.NaN;
    const { high, low, further } = this;
    if (further.length === 0) return high + low;
    // Further terms hardly ever decide the rounding: if neither end of the error interval moves it, they do not.
    const first = high + low;
    const virtual = first - high;
    const error = high - (first - virtual) + (low - virtual);
    let rest = 0;
    let size = 0;
    for (const term of further) {
      rest += term;
      size += Math.abs(term);
    }
    const lower = error + rest;
    const doubt = (Math.abs(error) + size) * 2 ** -45;
    const rounded = first + (lower - doubt);
    return rounded === first + (lower + doubt) ? rounded : roundedSum(this.terms());
  }

  /** Doubles that add up to the sum exactly, −0 and 0 among them. */
  terms(): number[] {
    return [this.high, this.low, ...this.further];
  }

  clear(): void {
    this.high = 0;
    this.low = 0;
    this.further.length = 0;
    this.huge = 0;
  }

  /**
   * `[huge, t₀, t₁, …]`: how many numbers were too large, then the sum rounded to a double, what is left of
   * it rounded, and so on. The same for the same sum, however it came about.
   */
  encode(): number[] {
    const rest = this.terms();
    const encoded = [this.huge];
    for (let term = roundedSum(rest); term !== 0; term = roundedSum(rest)) {
      encoded.push(term);
      rest.push(-term);
    }
    return encoded;
  }

  static decode(data: unknown): ExactSum {
    const [huge, ...terms] = decodeArray(data).map(decodeNumber);
    const made = new ExactSum();
    made.huge = huge ?? 0;
    for (const term of terms) made.accumulate(term);
    return made;
  }

  private accumulate(x: number): void {
    const high = this.high + x;
    const virtual = high - this.high;
    const error = this.high - (high - virtual) + (x - virtual);
    this.high = high;
    if (error === 0) return;
    const low = this.low + error;
    const virtualLow = low - this.low;
    const rest = this.low - (low - virtualLow) + (error - virtualLow);
    this.low = low;
    if (rest !== 0) this.accumulateFurther(rest);
  }

  private accumulateFurther(x: number): void {
    const { further } = this;
    let carried = x;
    for (let i = 0; carried !== 0; i++) {
      const term = further[i];
      if (term === undefined) {
        further.push(carried);
        return;
      }
      const total = term + carried;
      const virtual = total - term;
      carried = term - (total - virtual) + (carried - virtual);
      further[i] = total;
    }
    while (further.at(-1) === 0) further.pop();
  }
}

/** a · b − product, exactly (Dekker 1971, with Veltkamp's split: no fused multiply-add in JavaScript). */
function productError(a: number, b: number, product: number): number {
  const splitA = 134_217_729 * a;
  const highA = splitA - (splitA - a);
  const lowA = a - highA;
  const splitB = 134_217_729 * b;
  const highB = splitB - (splitB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/** The sum of some doubles, correctly rounded, ties to even (Shewchuk's algorithm, as in Python's `fsum`). */
export function roundedSum(terms: readonly number[]): number {
  const partials: number[] = [];
  for (let x of terms) {
    let kept = 0;
    for (let y of partials) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) partials[kept++] = low;
      x = high;
    }
    partials.length = kept;
    partials.push(x);
  }
  let total = partials.pop() ?? 0;
  let left = 0;
  while (partials.length > 0 && left === 0) {
    const y = partials.pop() ?? 0;
    const sum = total + y;
    left = y - (sum - total);
    total = sum;
  }
  // Half-way cases: what lies below decides, not the even digit.
  const below = partials.at(-1) ?? 0;
  if ((left < 0 && below < 0) || (left > 0 && below > 0)) {
    const twice = left * 2;
    const up = total + twice;
    if (up - total === twice) return up;
  }
  return total;
}
