import type { Aggregate, AggregateName } from "./aggregate.ts";
import { approxDistinctCount } from "./approx-distinct-count.ts";
import { count } from "./count.ts";
import { decayedCount, decayedMean, decayedSum } from "./decayed.ts";
import { distinctCount } from "./distinct-count.ts";
import { first, last } from "./ends.ts";
import { max, min } from "./extreme.ts";
import { lastN } from "./last-n.ts";
import { quantile } from "./quantile.ts";
import { std } from "./std.ts";
import { mean, sum } from "./sum.ts";
import { topK } from "./top-k.ts";

const all = {
  count,
  sum,
  mean,
  min,
  max,
  std,
  first,
  last,
  lastN,
  distinctCount,
  approxDistinctCount,
  quantile,
  topK,
  decayedSum,
  decayedCount,
  decayedMean,
};

/** Every aggregate by name. A summary goes only to the aggregate that made it. */
export const aggregates = all as { readonly [N in AggregateName]: Aggregate<unknown> };
