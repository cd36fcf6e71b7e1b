import type { KeyKind, Scalar, ScalarKind } from "@pawl/core";
import fc from "fast-check";

/** Moments lie about this one: 2024-03-09T00:00:00Z, in µs, a day before clocks change in Chicago. */
export const epoch = 1_709_942_400_000_000;
export const minute = 60_000_000;
const hour = 60 * minute;
const year = 365 * 24 * hour;

/** Few moments, so that many facts and rows share one; some a microsecond beside, some years away. */
export const moments: fc.Arbitrary<number> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 40 }).map((n) => epoch + n * 30 * minute) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }).map((n) => epoch + n * 30 * minute + 1) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }).map((n) => epoch + n * 30 * minute - 1) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 20 * hour }).map((n) => epoch + n) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }).map((n) => epoch + n * year) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }).map((n) => epoch - n * year) },
);

/** Moments to ask at: mostly towards the end, when there is something to know. */
export const askedMoments: fc.Arbitrary<number> = fc.oneof(
  moments,
  fc.integer({ min: 24, max: 42 }).map((n) => epoch + n * 30 * minute),
);

/** How long after an event it is known: at once, later, or before it happens (a plan). */
export const delays: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 30 * minute, hour, 5 * hour) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 * hour }) },
  { weight: 1, arbitrary: fc.integer({ min: -3 * hour, max: -1 }) },
  { weight: 1, arbitrary: fc.constantFrom(2 * year, -year) },
);

/** Text that breaks quoting, sorting by UTF-16 and carelessness about what is empty. */
const texts = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("", "a", "😀") },
  fc.constantFrom("", "a", "b", "B", "ä", "é", "😀", "\uFFFD", "𝒜", "a'b", 'say "hi"', "NULL", "null"),
  fc.constantFrom("0", "1", "x\ty\nz", "%", "a_b", "\\", " a", "a ", "日本", "🏳️‍🌈"),
  fc.string({ unit: "grapheme", maxLength: 4 }),
);

/** Values of a kind, null not among them. Floats are as they come from outside: NaN and ±∞ included. */
export const valuesOf: { readonly [K in ScalarKind]: fc.Arbitrary<Scalar> } = {
  string: texts,
  int: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -3, max: 9 }) },
    { weight: 2, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER) },
  ),
  bigint: fc.oneof(
    fc.bigInt({ min: -3n, max: 3n }),
    fc.constantFrom(9_007_199_254_740_992n, 9_007_199_254_740_993n, 2n ** 63n - 1n, -(2n ** 63n)),
  ),
  float: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -40, max: 40 }).map((n) => n / 4) },
    { weight: 4, arbitrary: fc.integer({ min: -100, max: 100 }).map((n) => n / 10) },
    { weight: 3, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(-0, 1e16, -1e16, 1e-9) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
  ),
  bool: fc.boolean(),
  timestamp: moments,
  duration: fc.oneof(fc.constantFrom(0, 1, minute, hour), fc.integer({ min: -2 * hour, max: 2 * hour })),
};

/** Three keys that facts are about, and one that no fact is about. */
export const keysOf: { readonly [K in KeyKind]: readonly [Scalar, Scalar, Scalar, Scalar] } = {
  string: ["ORD", "😀", "", "nobody"],
  int: [0, -7, Number.MAX_SAFE_INTEGER, 99],
  bigint: [0n, 9_007_199_254_740_993n, -(2n ** 63n), 99n],
};
