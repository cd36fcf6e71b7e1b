import {
  type Aggregated,
  approxDistinctCount,
  type BoolExpr,
  count,
  decayedCount,
  decayedMean,
  decayedSum,
  distinctCount,
  type Expr,
  first,
  type Kind,
  last,
  lastN,
  max,
  mean,
  min,
  type NumberExpr,
  quantile,
  type ScalarKind,
  since,
  std,
  sum,
  type TimeExpr,
  topK,
} from "@pawl/core";
import fc from "fast-check";
import { type Build, expressions, type Scope } from "./expressions.ts";

/** Half of the arguments are plain columns. */
const half = <E>(plain: Build<E>, random: fc.Arbitrary<Build<E>>): fc.Arbitrary<Build<E>> =>
  fc.oneof(fc.constant(plain), random);

const number = fc.oneof(
  half<NumberExpr>((scope) => scope.numbers[0], expressions.number),
  fc.constant<Build<NumberExpr>>((scope) => scope.numbers[1] ?? scope.numbers[0]),
);
const bool = half((scope) => scope.bools[0], expressions.bool);
const text = half((scope) => scope.texts[0], expressions.text);
const time = half((scope) => scope.times[0], expressions.time);
const { duration, bigint } = expressions;

type Orderable = Parameters<typeof min>[0];

const asOrderable = (value: fc.Arbitrary<Build<Expr>>): fc.Arbitrary<Build<Orderable>> =>
  value as fc.Arbitrary<Build<Orderable>>;

/** Anything that has an order. */
const orderable: fc.Arbitrary<Build<Orderable>> = fc.oneof(
  ...[number, bool, text, time, duration, bigint].map((kind) => asOrderable(kind)),
);
const numberOrBool = fc.oneof<fc.Arbitrary<Build<NumberExpr | BoolExpr>>[]>(number, bool);

const some = fc.integer({ min: 1, max: 4 });
const halfLives = fc.constantFrom("10m", "1h", "3d", "1us");
const quantiles = fc.constantFrom(0, 0.1, 0.25, 0.5, 0.9, 1);

const made = <A, E>(arg: fc.Arbitrary<Build<A>>, make: (arg: A) => E): fc.Arbitrary<Build<E>> =>
  arg.map((build) => (scope) => make(build(scope)));

const withParameter = <A, P, E>(
  arg: fc.Arbitrary<Build<A>>,
  parameter: fc.Arbitrary<P>,
  make: (arg: A, parameter: P) => E,
): fc.Arbitrary<Build<E>> =>
  fc.tuple(arg, parameter).map(
    ([build, p]) =>
      (scope) =>
        make(build(scope), p),
  );

type AnyAggregated = Aggregated<Kind>;

const kinds: readonly fc.Arbitrary<Build<unknown>>[] = [
  fc.constant(() => count()),
  made(orderable, (x) => count(x)),
  made(number, (x) => sum(x)),
  made(numberOrBool, (x) => mean(x)),
  made(number, (x) => std(x)),
  made(orderable, (x) => min(x)),
  made(orderable, (x) => max(x)),
  made(orderable, (x) => first(x)),
  made(orderable, (x) => last(x)),
  withParameter(orderable, some, (x, n) => lastN(x, n)),
  made(orderable, (x) => distinctCount(x)),
  made(orderable, (x) => approxDistinctCount(x)),
  withParameter(number, quantiles, (x, q) => quantile(x, q)),
  withParameter(orderable, some, (x, n) => topK(x, n)),
  withParameter(number, halfLives, (x, halfLife) => decayedSum(x, halfLife)),
  halfLives.map((halfLife) => () => decayedCount(halfLife)),
  withParameter(numberOrBool, halfLives, (x, halfLife) => decayedMean(x, halfLife)),
];

const widths = fc.constantFrom("1us", "30m", "1h", "3h", "3h", "12h", "2d", "52w");

/** Given so many times out of four. */
const sometimes = <T>(value: fc.Arbitrary<T>, weight: 1 | 2 | 3): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 4 - weight, arbitrary: fc.constant(null) }, { weight, arbitrary: value });

/** Every aggregate over every kind of window, with and without a condition. */
export const aggregated: fc.Arbitrary<Build<AnyAggregated>> = fc
  .record({
    aggregate: fc.oneof(...kinds) as fc.Arbitrary<Build<AnyAggregated>>,
    width: sometimes(widths, 2),
    lag: sometimes(widths, 1),
    where: sometimes(bool, 1),
  })
  .map(({ aggregate, width, lag, where }) => (scope) => {
    let built = aggregate(scope);
    if (width !== null) built = built.over(width);
    if (lag !== null) built = built.lagged(lag);
    return where === null ? built : built.where(where(scope));
  });

const numeric = aggregatedNumber();

function aggregatedNumber(): fc.Arbitrary<Build<NumberExpr>> {
  const counts = made(orderable, (x) => count(x).over("3h"));
  const sums = made(number, (x) => sum(x).over("3h"));
  const means = made(numberOrBool, (x) => mean(x).lagged("30m"));
  const fading = made(number, (x) => decayedSum(x, "1h"));
  return fc.oneof<fc.Arbitrary<Build<NumberExpr>>[]>(counts, sums, means, fading);
}

/** A feature: mostly one aggregate, else something made of several. */
export const features: fc.Arbitrary<Build<Expr>> = fc.oneof(
  { weight: 8, arbitrary: aggregated as fc.Arbitrary<Build<Expr>> },
  { weight: 1, arbitrary: made(time, (x) => since(last(x))) },
  {
    weight: 1,
    arbitrary: made(time, (x) => (max(x) as unknown as TimeExpr).since(min(x) as unknown as TimeExpr)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(numeric, numeric).map(
      ([a, b]) =>
        (s: Scope) =>
          a(s).dividedBy(b(s)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(numeric, numeric).map(
      ([a, b]) =>
        (s: Scope) =>
          a(s).minus(b(s)).orElse(-1),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(numeric, numeric).map(
      ([a, b]) =>
        (s: Scope) =>
          a(s).gt(b(s)),
    ),
  },
  { weight: 1, arbitrary: made(text, (x) => lastN(x, 3).at(1)) },
  { weight: 1, arbitrary: made(orderable, (x) => topK<Expr<ScalarKind> & Orderable>(x as never, 3).size()) },
);
