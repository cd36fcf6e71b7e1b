import type { Scalar, Value } from "../definitions/kind.ts";
import { PawlError } from "../errors.ts";
import type { Aggregate, AggregateName, AggregateParameters, Sliding } from "./aggregate.ts";
import { argumentOf, parameterOf } from "./argument.ts";
import { decodeArray, decodeNumber } from "./encoded.ts";
import { ExactSum } from "./exact-sum.ts";
import { largestSquared as largest } from "./std.ts";

/** Half-lives that share one pair of sums. 2⁵¹² on top of the largest value still fits a double. */
const era = 512;

/** Eras more than this before the newest weigh less than 2⁻¹⁵³⁶ of it, and no longer count. */
const erasKept = 3;

interface Era {
  n: number;
  huge: number;
  /** Σ 2^(age of the era at the fact, in half-lives). */
  readonly weights: ExactSum;
  /** Σ value · the same. */
  readonly values: ExactSum;
}

/** 2⁰ to 2⁵¹¹. */
const powers = Float64Array.from({ length: era }, (_, exponent) => 2 ** exponent);

type Asked = "decayedSum" | "decayedCount" | "decayedMean";

/**
 * Weighted sums, each relative to the start of its era of 512 half-lives, so that nothing overflows, and
 * no moment of reading is needed until `finish`. Going from one moment to another is a multiplication by a
 * power of two, and what is added is summed exactly: the answer does not depend on the order of facts.
 */
class Decayed implements Sliding {
  private readonly eras = new Map<number, Era>();
  private readonly asked: Asked;
  private readonly halfLife: number;
  /** Summaries, from which nothing leaves, forget what weighs nothing any more. */
  private readonly forgets: boolean;
  private newest = Number.NEGATIVE_INFINITY;

  constructor(asked: Asked, params: AggregateParameters, forgets: boolean) {
    this.asked = asked;
    this.halfLife = parameterOf(asked, params, "halfLife");
    this.forgets = forgets;
  }

  add(value: Scalar | null, eventTime: number): void {
    if (value !== null) this.accumulate(Number(value), eventTime, 1);
  }

  remove(value: Scalar | null, eventTime: number): void {
    if (value !== null) this.accumulate(Number(value), eventTime, -1);
  }

  merge(from: Decayed): void {
    for (const [index, { n, huge, weights, values }] of from.eras) {
      if (this.forgets && index < this.newest - erasKept) continue;
      const era = this.eraAt(index);
      era.n += n;
      era.huge += huge;
      era.weights.merge(weights);
      era.values.merge(values);
    }
  }

  finish(asOf: number): Value {
    if (this.eras.size === 1) return this.finishEra(asOf);
    const newest = Math.max(...this.eras.keys());
    const eras = [...this.eras].filter(([index]) => index >= newest - erasKept).sort(([a], [b]) => b - a);
    if (eras.length === 0) return this.asked === "decayedCount" ? 0 : null;
    let weights = 0;
    let values = 0;
    if (eras.some(([, { huge }]) => huge > 0)) return null;
    if (this.asked === "decayedMean") {
      // Relative to the newest era: the common factor cancels, so old facts still have a mean.
      for (const [index, each] of eras) {
        weights += scale(each.weights.value(), (index - newest) * era);
        values += scale(each.values.value(), (index - newest) * era);
      }
      return values / weights;
    }
    const { whole, part } = split(asOf, this.halfLife);
    const fraction = 2 ** -part;
    for (const [index, each] of eras) {
      const sum = this.asked === "decayedCount" ? each.weights : each.values;
      values += scale(sum.value() * fraction, index * era - whole);
    }
    return values;
  }

  /** The usual case: all facts within 512 half-lives. */
  private finishEra(asOf: number): Value {
    for (const [index, { huge, weights, values }] of this.eras) {
      if (huge > 0) return null;
      if (this.asked === "decayedMean") return values.value() / weights.value();
      const { whole, part } = split(asOf, this.halfLife);
      const sum = this.asked === "decayedCount" ? weights.value() : values.value();
      return scale(sum * 2 ** -part, index * era - whole);
    }
    return null;
  }

  clear(): void {
    this.eras.clear();
    this.newest = Number.NEGATIVE_INFINITY;
  }

  encode(): unknown {
    return [...this.eras]
      .sort(([a], [b]) => a - b)
      .map(([index, { n, huge, weights, values }]) => [index, n, huge, weights.encode(), values.encode()]);
  }

  read(data: unknown): this {
    for (const item of decodeArray(data)) {
      const [index, n, huge, weights, values] = decodeArray(item);
      const era = this.eraAt(decodeNumber(index));
      era.n = decodeNumber(n);
      era.huge = decodeNumber(huge);
      era.weights.merge(ExactSum.decode(weights));
      era.values.merge(ExactSum.decode(values));
    }
    return this;
  }

  private accumulate(value: number, eventTime: number, sign: 1 | -1): void {
    const { whole, part } = split(eventTime, this.halfLife);
    const index = Math.floor(whole / era);
    if (this.forgets && index < this.newest - erasKept) return;
    const found = this.eraAt(index);
    found.n += sign;
    const weight = 2 ** part * (powers[whole - index * era] as number);
    if (value > largest || value < -largest) found.huge += sign;
    else {
      if (this.asked !== "decayedSum") found.weights.add(sign * weight);
      if (this.asked !== "decayedCount") found.values.add(sign * value * weight);
    }
    if (found.n === 0) this.eras.delete(index);
  }

  private eraAt(index: number): Era {
    let found = this.eras.get(index);
    if (!found) {
      found = { n: 0, huge: 0, weights: new ExactSum(), values: new ExactSum() };
      this.eras.set(index, found);
      if (this.forgets && index > this.newest) this.forgetBefore(index - erasKept);
      this.newest = Math.max(this.newest, index);
    }
    return found;
  }

  private forgetBefore(oldest: number): void {
    for (const index of this.eras.keys()) if (index < oldest) this.eras.delete(index);
  }
}

/** A moment in half-lives: whole ones, and the part that is left. */
function split(time: number, halfLife: number): { whole: number; part: number } {
  const whole = Math.floor(time / halfLife);
  return { whole, part: (time - whole * halfLife) / halfLife };
}

/** x · 2^exponent, for exponents of any size. */
function scale(x: number, exponent: number): number {
  if (x === 0 || exponent < -2200) return 0;
  let scaled = x;
  let left = exponent;
  for (; left < -1000; left += 1000) scaled *= 2 ** -1000;
  for (; left > 1000 && Number.isFinite(scaled); left -= 1000) scaled *= 2 ** 1000;
  return scaled * 2 ** left;
}

function decaying(
  name: Asked & AggregateName,
  resultKind: Aggregate<Decayed>["resultKind"],
): Aggregate<Decayed> {
  return {
    name,
    past: true,
    resultKind,
    init: (params) => new Decayed(name, params, true),
    add: (summary, value, eventTime) => summary.add(value, eventTime),
    merge: (into, from) => into.merge(from),
    finish: (summary, asOf) => finite(summary.finish(asOf)),
    encode: (summary) => summary.encode(),
    decode: (data, params) => new Decayed(name, params, true).read(data),
    sliding: (params) => new Decayed(name, params, false),
  };
}

const finite = (value: Value): Value => (typeof value === "number" && !Number.isFinite(value) ? null : value);

/**
 * Σ value · 2^(−(asOf − eventTime) / halfLife); null when there are no values. Each term is rounded to
 * within 2⁻⁵¹ of itself and their sum once more. Null while a value beyond 10¹³⁵ is inside.
 */
export const decayedSum: Aggregate<Decayed> = decaying("decayedSum", (arg) => {
  argumentOf("decayedSum", arg, ["int", "float"]);
  return "float";
});

/** Σ 2^(−(asOf − eventTime) / halfLife): a fading count of facts; 0 when there are none. */
export const decayedCount: Aggregate<Decayed> = decaying("decayedCount", (arg) => {
  if (arg === undefined) return "float";
  throw new PawlError("invalid_definition", "decayedCount counts facts and takes no argument.", {
    found: arg,
    next: "Narrow it with where(…) to leave facts out.",
  });
});

/** Mean with weights 2^(−age / halfLife), of numbers or of a bool; null when there are no values. */
export const decayedMean: Aggregate<Decayed> = decaying("decayedMean", (arg) => {
  argumentOf("decayedMean", arg, ["int", "float", "bool"]);
  return "float";
});
