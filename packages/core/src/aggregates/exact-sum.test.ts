import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactSum, roundedSum } from "./exact-sum.ts";

const moderate = fc.double({ min: -(2 ** 900), max: 2 ** 900, noNaN: true });

/** A double as a whole multiple of 2^-1074, which every double is. */
function units(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return x < 0 ? -size : size;
}

const exactly = (numbers: readonly number[]): bigint => numbers.reduce((total, x) => total + units(x), 0n);

describe("ExactSum", () => {
  it("holds the sum of any doubles without rounding", () => {
    fc.assert(
      fc.property(fc.array(moderate), (numbers) => {
        const sum = new ExactSum();
        for (const x of numbers) sum.add(x);
        expect(exactly(sum.terms())).toBe(exactly(numbers));
        expect(exactly(sum.encode().slice(1))).toBe(exactly(numbers));
        expect(sum.value() + 0).toBe(roundedSum(numbers) + 0);
      }),
    );
  });

  it("rounds to the nearest double", () => {
    fc.assert(
      fc.property(fc.array(moderate, { minLength: 1 }), (numbers) => {
        const total = exactly(numbers);
        const rounded = units(roundedSum(numbers));
        const miss = total > rounded ? total - rounded : rounded - total;
        const size = Math.abs(roundedSum(numbers));
        for (const near of [size * (1 + Number.EPSILON), size * (1 - Number.EPSILON)]) {
          const other = units(roundedSum(numbers) < 0 ? -near : near);
          expect(miss <= (total > other ? total - other : other - total)).toBe(true);
        }
      }),
    );
  });

  it("has nothing left of what was taken out, in any order, and one code for one sum", () => {
    fc.assert(
      fc.property(fc.array(moderate), fc.array(moderate), (kept, passing) => {
        const sum = new ExactSum();
        for (const x of passing) sum.add(x);
        for (const x of kept) sum.add(x);
        for (const x of [...passing].reverse()) sum.subtract(x);
        const plain = new ExactSum();
        for (const x of [...kept].reverse()) plain.add(x);
        expect(sum.encode()).toEqual(plain.encode());
        expect(ExactSum.decode(JSON.parse(JSON.stringify(sum.encode()))).value() + 0).toBe(plain.value() + 0);
      }),
    );
  });

  it("adds products exactly", () => {
    const bounded = fc
      .double({ min: -(2 ** 400), max: 2 ** 400, noNaN: true })
      .filter((x) => x === 0 || Math.abs(x) > 2 ** -400);
    fc.assert(
      fc.property(bounded, bounded, (a, b) => {
        const sum = new ExactSum();
        sum.addProduct(a, b);
        expect(exactly(sum.terms()) << 1074n).toBe(units(a) * units(b));
      }),
    );
  });

  it("multiplies sums exactly", () => {
    const some = fc.array(
      fc.oneof(fc.integer({ min: -99, max: 99 }), fc.double({ min: -1e9, max: 1e9, noNaN: true })),
      {
        maxLength: 6,
      },
    );
    const total = (numbers: readonly number[]): ExactSum => {
      const sum = new ExactSum();
      for (const x of numbers) sum.add(Math.abs(x) < 1e-100 ? 0 : x);
      return sum;
    };
    fc.assert(
      fc.property(some, some, fc.nat(), (one, other, n) => {
        const [a, b] = [total(one), total(other)];
        const sum = new ExactSum();
        sum.addProductOf(a, b, -1);
        sum.addMultiple(n, b);
        const expected =
          BigInt(n) * exactly(b.terms()) * (1n << 1074n) - exactly(a.terms()) * exactly(b.terms());
        expect(exactly(sum.terms()) << 1074n).toBe(expected);
      }),
    );
  });

  it("does not know a sum with a number too large inside, and knows it again afterwards", () => {
    const sum = new ExactSum();
    sum.add(1);
    sum.add(Number.MAX_VALUE);
    expect(sum.value()).toBeNaN();
    sum.subtract(Number.MAX_VALUE);
    expect(sum.value()).toBe(1);
  });
});
