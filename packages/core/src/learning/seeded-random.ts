/** A stream of pseudo-random numbers that is a pure function of its seed. */
export interface SeededRandom {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform whole number in [0, limit). */
  below(limit: number): number;
  /** Standard normal (Box–Muller, one of the pair). */
  normal(): number;
}

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand), seeded by `seed` and an optional `stream`
 * number: different streams of one seed are independent for our purposes.
 */
export function seededRandom(seed: number, stream = 0): SeededRandom {
  let a = seed >>> 0;
  let b = stream >>> 0;
  let c = 0x9e3779b9;
  let d = 1;
  const bits = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) bits();
  const next = (): number => bits() / 4294967296;
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** The numbers 0 … length−1 in random order (Fisher–Yates). */
export function permutation(length: number, random: SeededRandom): Int32Array {
  const order = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const j = random.below(i + 1);
    order[i] = order[j] ?? 0;
    order[j] = i;
  }
  return order;
}
