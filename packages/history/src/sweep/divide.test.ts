import fc from "fast-check";
import { expect, test } from "vitest";
import { groupByKey } from "../fill/key-rows.ts";
import { divide } from "./divide.ts";
import type { SweepJob } from "./sweep-job.ts";

function job(facts: readonly number[], rows: readonly number[], slots: number): SweepJob {
  const keys = 6;
  const empty = new Float64Array(0);
  return {
    facts: {
      ...groupByKey(Int32Array.from(facts), keys),
      records: empty,
      width: 0,
      known: 0,
    },
    rows: { ...groupByKey(Int32Array.from(rows), keys), asOf: empty },
    slots: Array.from({ length: slots }, () => ({}) as SweepJob["slots"][number]),
    out: empty,
    outWidth: slots,
    keys: { from: 0, until: keys },
    control: new Int32Array(2),
  };
}
const codes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 });

test("every key that is asked for is computed once for every slot, in any number of threads", () => {
  fc.assert(
    fc.property(
      codes,
      codes,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      (facts, rows, slots, threads) => {
        const done = new Map<string, number>();
        for (const part of divide(job(facts, rows, slots), threads)) {
          for (let key = part.fromKey; key < part.untilKey; key++) {
            for (const slot of part.slots) done.set(`${key} ${slot}`, (done.get(`${key} ${slot}`) ?? 0) + 1);
          }
        }
        expect([...done.values()].every((times) => times === 1)).toBe(true);
        for (const key of rows)
          for (let slot = 0; slot < slots; slot++) expect(done.has(`${key} ${slot}`)).toBe(true);
      },
    ),
  );
});

test("a hot key is shared between threads by its slots", () => {
  const hot = Array.from({ length: 100 }, () => 2);
  const parts = divide(job(hot, [2, 2, 3], 4), 2);
  expect(
    parts.filter(({ fromKey, untilKey }) => fromKey === 2 && untilKey === 3).map(({ slots }) => slots),
  ).toEqual([
    [0, 2],
    [1, 3],
  ]);
});
