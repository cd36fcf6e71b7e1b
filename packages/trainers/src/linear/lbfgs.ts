/** A function to be minimised: gives its value and fills the gradient. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  readonly maxSteps: number;
  /** Stops when the largest gradient entry is at most this. */
  readonly tolerance: number;
  readonly onStep: (step: number) => void;
}

/** Pairs of steps and gradient differences remembered. */
const memory = 10;

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

const addScaled = (to: Float64Array, factor: number, from: Float64Array): void => {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + factor * (from[i] as number);
};

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly rho: number;
}

/**
 * Limited-memory BFGS with backtracking (Nocedal & Wright, Numerical Optimization, algorithms 7.4 and
 * 3.1), for smooth convex functions. Moves `point` to the minimum and gives the number of steps.
 */
export function minimise(objective: Objective, point: Float64Array, options: LbfgsOptions): number {
  const gradient = new Float64Array(point.length);
  let value = objective(point, gradient);
  const pairs: Pair[] = [];
  for (let step = 1; step <= options.maxSteps; step++) {
    const largest = gradient.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    if (!(largest > options.tolerance)) return step - 1;
    const direction = searchDirection(gradient, pairs);
    const slope = dot(direction, gradient);
    const before = Float64Array.from(point);
    const gradientBefore = Float64Array.from(gradient);
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = Infinity;
    for (let attempt = 0; attempt < 40; attempt++, length /= 2) {
      point.set(before);
      addScaled(point, length, direction);
      next = objective(point, gradient);
      if (next <= value + 1e-4 * length * slope) break;
    }
    if (!(next < value)) {
      // No descent left at this precision.
      point.set(before);
      return step - 1;
    }
    const moved = Float64Array.from(point, (x, i) => x - (before[i] as number));
    const change = Float64Array.from(gradient, (g, i) => g - (gradientBefore[i] as number));
    const curvature = dot(moved, change);
    if (curvature > 1e-12 * dot(change, change)) pairs.push({ step: moved, change, rho: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    value = next;
    options.onStep(step);
  }
  return options.maxSteps;
}

function searchDirection(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { step, change, rho } of pairs.toReversed()) {
    const alpha = rho * dot(step, direction);
    alphas.push(alpha);
    addScaled(direction, -alpha, change);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.change, last.change));
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) * scale;
  }
  for (const { step, change, rho } of pairs) {
    const beta = rho * dot(change, direction);
    addScaled(direction, (alphas.pop() ?? 0) - beta, step);
  }
  return direction;
}
