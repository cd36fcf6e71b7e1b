import {
  at,
  type BigintExpr,
  type BoolExpr,
  constant,
  dayOfWeek,
  type DurationExpr,
  greatest,
  hourOfDay,
  instant,
  least,
  minutes,
  type NumberExpr,
  seconds,
  type StringExpr,
  type TimeExpr,
  weekOfYear,
} from "@pawl/core";
import fc from "fast-check";
import { epoch } from "./values.ts";

/** What random expressions are made of: one handle of each kind, or several. */
export interface Scope {
  readonly numbers: readonly [NumberExpr, ...NumberExpr[]];
  readonly texts: readonly [StringExpr, ...StringExpr[]];
  readonly bools: readonly [BoolExpr, ...BoolExpr[]];
  readonly bigints: readonly [BigintExpr, ...BigintExpr[]];
  readonly times: readonly [TimeExpr, ...TimeExpr[]];
  readonly durations: readonly [DurationExpr, ...DurationExpr[]];
}

/** An expression yet to be given its scope, so that one random shape serves facts, spines and features. */
export type Build<E> = (scope: Scope) => E;

const of = <E>(pick: (scope: Scope) => readonly [E, ...E[]]): fc.Arbitrary<Build<E>> =>
  fc.nat(7).map((i) => (scope) => {
    const handles = pick(scope);
    return handles[i % handles.length] ?? handles[0];
  });

type Parts = {
  number: Build<NumberExpr>;
  bool: Build<BoolExpr>;
  text: Build<StringExpr>;
  time: Build<TimeExpr>;
  duration: Build<DurationExpr>;
  bigint: Build<BigintExpr>;
};

const zones = fc.constantFrom("UTC", "America/Chicago", "Asia/Kathmandu", "Australia/Lord_Howe");

const parts = fc.letrec<Parts>((tie) => {
  const [n, b, s] = [tie("number"), tie("bool"), tie("text")];
  const [m, d, g] = [tie("time"), tie("duration"), tie("bigint")];
  const one = <A, E>(a: fc.Arbitrary<Build<A>>, make: (a: A) => E): fc.Arbitrary<Build<E>> =>
    a.map((x) => (scope) => make(x(scope)));
  const two = <A, B, E>(
    a: fc.Arbitrary<Build<A>>,
    b: fc.Arbitrary<Build<B>>,
    make: (a: A, b: B) => E,
  ): fc.Arbitrary<Build<E>> =>
    fc.tuple(a, b).map(
      ([x, y]) =>
        (scope) =>
          make(x(scope), y(scope)),
    );
  const depth = { maxDepth: 3, depthSize: "small", withCrossShrink: true } as const;
  const numbers = fc.constantFrom(0, 1, 2, -3, 0.1, -2.5, 1000);
  const words = fc.constantFrom("", "a", "😀", "'");
  return {
    number: fc.oneof(
      depth,
      of((scope) => scope.numbers),
      numbers.map((x) => () => constant(x)),
      two(n, n, (a, b) => a.plus(b)),
      two(n, n, (a, b) => a.minus(b)),
      two(n, n, (a, b) => a.times(b)),
      two(n, n, (a, b) => a.dividedBy(b)),
      two(n, n, (a, b) => a.modulo(b)),
      one(n, (a) => a.negate()),
      one(n, (a) => a.abs()),
      one(n, (a) => a.floor()),
      one(n, (a) => a.ceil()),
      one(n, (a) => a.round()),
      one(n, (a) => a.sqrt()),
      one(n, (a) => a.toFloat()),
      two(n, n, (a, b) => a.orElse(b)),
      two(n, n, (a, b) => least(a, b, 1)),
      two(n, n, (a, b) => greatest(0, a, b)),
      fc.tuple(b, n, n).map(
        ([c, x, y]) =>
          (scope: Scope) =>
            c(scope).choose(x(scope), y(scope)),
      ),
      one(s, (a) => a.length()),
      one(d, (a) => a.in("minutes")),
      fc.tuple(m, zones).map(
        ([x, zone]) =>
          (scope: Scope) =>
            hourOfDay(x(scope), { zone }),
      ),
      fc.tuple(m, zones).map(
        ([x, zone]) =>
          (scope: Scope) =>
            dayOfWeek(x(scope), { zone }),
      ),
      one(m, (a) => weekOfYear(a)),
    ),
    bool: fc.oneof(
      depth,
      of((scope) => scope.bools),
      two(n, n, (a, b) => a.gt(b)),
      two(n, n, (a, b) => a.lte(b)),
      two(n, n, (a, b) => a.eq(b)),
      fc.tuple(n, numbers, numbers).map(
        ([a, x, y]) =>
          (scope: Scope) =>
            a(scope).between(x, y),
      ),
      one(n, (a) => a.in([1, 2, -3])),
      two(b, b, (x, y) => x.and(y)),
      two(b, b, (x, y) => x.or(y)),
      one(b, (x) => x.not()),
      two(b, b, (x, y) => x.orElse(y)),
      two(b, b, (x, y) => x.eq(y)),
      one(n, (a) => a.isNull()),
      one(s, (a) => a.isNotNull()),
      fc.tuple(s, words).map(
        ([a, word]) =>
          (scope: Scope) =>
            a(scope).contains(word),
      ),
      fc.tuple(s, words).map(
        ([a, word]) =>
          (scope: Scope) =>
            a(scope).startsWith(word),
      ),
      two(s, s, (x, y) => x.eq(y)),
      one(s, (a) => a.in(["a", "", "😀"])),
      one(g, (a) => a.eq(9_007_199_254_740_993n)),
      one(g, (a) => a.in([0n, -(2n ** 63n)])),
      two(m, m, (x, y) => x.before(y)),
      two(m, m, (x, y) => x.eq(y)),
      two(d, d, (x, y) => x.gt(y)),
    ),
    text: fc.oneof(
      depth,
      of((scope) => scope.texts),
      words.map((word) => () => constant(word)),
      two(s, s, (a, b) => a.concat(b)),
      two(s, s, (a, b) => a.orElse(b)),
    ),
    time: fc.oneof(
      depth,
      of((scope) => scope.times),
      fc.constant(() => at(instant(epoch))),
      two(m, d, (a, b) => a.plus(b)),
      one(m, (a) => a.minus("90m")),
      two(m, m, (a, b) => a.orElse(b)),
    ),
    duration: fc.oneof(
      depth,
      of((scope) => scope.durations),
      one(n, (a) => minutes(a)),
      one(n, (a) => seconds(a)),
      two(d, d, (a, b) => a.plus(b)),
      one(d, (a) => a.negate()),
      two(m, m, (a, b) => a.since(b)),
    ),
    bigint: of((scope) => scope.bigints),
  };
});

/** Random expressions of each kind, up to three deep, from functions whose result is exact in every engine. */
export const expressions: {
  readonly [P in keyof Parts]: fc.Arbitrary<Parts[P]>;
} = parts;
