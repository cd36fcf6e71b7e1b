const unitBits = 1074n;

/** A finite double as a whole multiple of 2⁻¹⁰⁷⁴, which every double is. */
export function toUnits(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return x < 0 ? -size : size;
}

/** numerator / denominator · 2^(−1074 · power), to the nearest double. */
export function fromUnits(numerator: bigint, denominator = 1n, power = 1n): number {
  if (numerator === 0n) return 0;
  const size = numerator < 0n ? -numerator : numerator;
  // 70 bits of quotient and one for "there was more", so that Number() rounds correctly.
  const bits = (n: bigint): bigint => BigInt(n.toString(2).length);
  const shift = 70n - (bits(size) - bits(denominator));
  const [up, down] = shift > 0n ? [size << shift, denominator] : [size, denominator << -shift];
  const sticky = up % down === 0n ? 0n : 1n;
  const quotient = Number(((up / down) << 1n) | sticky);
  const exponent = Number(-shift - 1n - unitBits * power);
  const half = Math.trunc(exponent / 2);
  return (numerator < 0n ? -1 : 1) * quotient * 2 ** half * 2 ** (exponent - half);
}
