import { PawlError } from "@pawl/core";

/** A row for online learning: the slots that are not zero, and a base model's margin when there is one. */
export interface SparseRow {
  readonly slots: ArrayLike<number>;
  /** One a slot; absent means 1 each (one-hot and hashed rows). */
  readonly values?: ArrayLike<number>;
  /** The margin of the model this learner corrects; read only when the learner has `base`. */
  readonly base?: number;
}

export interface FtrlOptions {
  /** `logistic` predicts a probability of label 1, `squared` a number. */
  readonly loss: "logistic" | "squared";
  /** Number of feature slots; rows name slots 0 … slots − 1. */
  readonly slots: number;
  /** Learning rate: a coordinate's step is about alpha / (beta + √(Σ gradient²)). */
  readonly alpha: number;
  readonly beta: number;
  readonly l1: number;
  readonly l2: number;
  /**
   * Reads the base model's margin as one more feature. Its weight starts at 1 and is learnt, without
   * penalty: the learner starts as the base model, and can come to trust it less.
   */
  readonly base: boolean;
}

/** The learner's whole memory, one entry a coordinate: intercept, base, then the slots. */
export interface FtrlState {
  readonly z: Float64Array;
  readonly n: Float64Array;
}

const intercept = 0;
const baseCoordinate = 1;
/** Coordinates before the first slot; they carry no penalty. */
export const ftrlReserved = 2;

/**
 * FTRL-proximal with per-coordinate rates (McMahan et al., "Ad Click Prediction: a View from the
 * Trenches", KDD 2013, algorithm 1). One row at a time, constant memory, no randomness.
 */
export class FtrlLearner {
  readonly options: FtrlOptions;
  private readonly z: Float64Array;
  private readonly n: Float64Array;

  constructor(options: FtrlOptions, state?: FtrlState) {
    this.options = options;
    const size = options.slots + ftrlReserved;
    if (state !== undefined && (state.z.length !== size || state.n.length !== size)) {
      throw new PawlError("invalid_input", "The state to continue from is of another size.", {
        found: `${state.z.length} coordinates`,
        expected: `${size}`,
      });
    }
    this.z = state === undefined ? new Float64Array(size) : Float64Array.from(state.z);
    this.n = state === undefined ? new Float64Array(size) : Float64Array.from(state.n);
    // Weight 1 before any gradient: w = −z / (beta/alpha).
    if (state === undefined && options.base) this.z[baseCoordinate] = -options.beta / options.alpha;
  }

  /** A copy of the memory. */
  state(): FtrlState {
    return { z: Float64Array.from(this.z), n: Float64Array.from(this.n) };
  }

  /** The current weight of a coordinate (`ftrlReserved` + slot; 0 intercept; 1 base). */
  weight(coordinate: number): number {
    const { alpha, beta, l1, l2 } = this.options;
    const z = this.z[coordinate] as number;
    const penalised = coordinate >= ftrlReserved;
    const shrunk = penalised ? (z > l1 ? z - l1 : z < -l1 ? z + l1 : 0) : z;
    if (shrunk === 0) return 0;
    const rate = (beta + Math.sqrt(this.n[coordinate] as number)) / alpha + (penalised ? l2 : 0);
    return -shrunk / rate;
  }

  /** The linear score: log-odds, or the number itself. */
  margin(row: SparseRow): number {
    let sum = this.weight(intercept);
    if (this.options.base) sum += this.weight(baseCoordinate) * this.baseOf(row);
    for (let i = 0; i < row.slots.length; i++) {
      sum += this.weight((row.slots[i] as number) + ftrlReserved) * (row.values?.[i] ?? 1);
    }
    return sum;
  }

  /** The probability of label 1, or the number. */
  predict(row: SparseRow): number {
    const margin = this.margin(row);
    return this.options.loss === "logistic" ? 1 / (1 + Math.exp(-margin)) : margin;
  }

  /** Learns one row and gives the prediction made before: test, then train. */
  learn(row: SparseRow, label: number, weight = 1): number {
    if (!Number.isFinite(label) || !(weight >= 0 && weight < Infinity)) {
      throw new PawlError("invalid_input", "A row to learn needs a label and a weight.", {
        found: `label ${label}, weight ${weight}`,
        expected: "a finite label and a finite weight of at least 0",
      });
    }
    const prediction = this.predict(row);
    const gradient = weight * (prediction - label);
    if (gradient === 0) return prediction;
    this.step(intercept, gradient);
    if (this.options.base) this.step(baseCoordinate, gradient * this.baseOf(row));
    for (let i = 0; i < row.slots.length; i++) {
      this.step((row.slots[i] as number) + ftrlReserved, gradient * (row.values?.[i] ?? 1));
    }
    return prediction;
  }

  private baseOf(row: SparseRow): number {
    const { base } = row;
    if (base !== undefined && Number.isFinite(base)) return base;
    throw new PawlError("invalid_input", "This learner corrects a base model and needs its margin.", {
      found: String(base),
      expected: "a finite number in `base`",
    });
  }

  private step(coordinate: number, gradient: number): void {
    if (gradient === 0) return;
    const n = this.n[coordinate] as number;
    const sigma = (Math.sqrt(n + gradient * gradient) - Math.sqrt(n)) / this.options.alpha;
    // The weight must be read before its own memory changes.
    const weight = this.weight(coordinate);
    this.z[coordinate] = (this.z[coordinate] as number) + gradient - sigma * weight;
    this.n[coordinate] = n + gradient * gradient;
  }
}
