import { compareScalars } from "../definitions/compare.ts";
import type { Scalar } from "../definitions/kind.ts";
import { PawlError } from "../errors.ts";

/** How often each value is inside; values inside no longer take no room. */
export class ValueCounts {
  readonly counts = new Map<Scalar, number>();

  /** True when the value was not inside before. */
  add(value: Scalar, times = 1): boolean {
    const before = this.counts.get(value);
    this.counts.set(value, (before ?? 0) + times);
    return before === undefined;
  }

  /** True when the value is not inside any more. */
  remove(value: Scalar): boolean {
    const before = this.counts.get(value);
    if (before === undefined) throw new PawlError("internal", "A value left that was not inside.");
    if (before > 1) this.counts.set(value, before - 1);
    else this.counts.delete(value);
    return before === 1;
  }

  /** The n most frequent values, most frequent first, ties in the order of the values. */
  top(n: number): Scalar[] {
    const values: Scalar[] = [];
    const counts: number[] = [];
    for (const [value, count] of this.counts) {
      let at = values.length;
      if (at === n && !precedes(value, count, values[n - 1] as Scalar, counts[n - 1] as number)) continue;
      while (at > 0 && precedes(value, count, values[at - 1] as Scalar, counts[at - 1] as number)) at--;
      values.splice(at, 0, value);
      counts.splice(at, 0, count);
      if (values.length > n) {
        values.pop();
        counts.pop();
      }
    }
    return values;
  }
}

function precedes(a: Scalar, countA: number, b: Scalar, countB: number): boolean {
  return countA === countB ? compareScalars(a, b) < 0 : countA > countB;
}
