import { entity, type Estimator, model, source, t, type TrainedModel } from "@pawl/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slicedPredictions } from "./sliced-predictions.ts";
import { sliceAt, slicesOf } from "./slices.ts";

const events = source("events", {
  columns: { who: entity("who", { key: t.int }), at: t.timestamp, x: t.float, y: t.float },
  eventTime: "at",
});
const worth = model("worth", { spine: events, asOf: "at", label: (f) => f.y, view: ["x"] });

/** Learns the sum of its labels: any label that leaks in shows in every answer. */
const summing = {
  name: "summing",
  train: async ({ target }: { target: Float64Array }) => {
    const total = target.reduce((sum, y) => sum + y, 0);
    const predict = ({ rows }: { rows: number }): Float64Array => new Float64Array(rows).fill(total);
    return { predict, hash: () => String(total) } as unknown as TrainedModel;
  },
} as unknown as Estimator;

interface Outcome {
  readonly at: number;
  readonly known: number;
  readonly y: number;
}

const outcomes = fc.array(
  fc
    .record({ at: fc.nat(100), delay: fc.nat(60), y: fc.integer({ min: -50, max: 50 }) })
    .map(({ at, delay, y }): Outcome => ({ at, known: at + delay, y })),
  { minLength: 1, maxLength: 30 },
);

async function answers(
  learned: readonly Outcome[],
  asked: readonly number[],
  every: number,
): Promise<number[]> {
  const column = (values: number[]) =>
    ({
      rows: values.length,
      columns: [{ name: "x", kind: "numeric", values: Float64Array.from(values) }],
    }) as const;
  const found = await slicedPredictions({
    model: worth,
    task: { kind: "regression" },
    estimator: summing,
    params: {},
    seed: 1,
    learned: {
      frame: column(learned.map(() => 0)),
      target: Float64Array.from(learned, ({ y }) => y),
      times: Float64Array.from(learned, ({ at }) => at),
      labelKnown: Float64Array.from(learned, ({ known }) => known),
    },
    asked: { frame: column(asked.map(() => 0)), asOf: Float64Array.from(asked) },
    every,
    fewest: 1,
  });
  return [...found.predictions];
}

describe("a model as a feature of the past", () => {
  it("never answers a row with an outcome that was not known before it", async () => {
    await fc.assert(
      fc.asyncProperty(
        outcomes,
        fc.array(fc.nat(120), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        async (learned, asked, every) => {
          const before = await answers(learned, asked, every);
          for (const [row, moment] of asked.entries()) {
            // Whatever was learned at the row's moment or later might as well have been anything.
            const other = learned.map((o) => (o.known >= moment ? { ...o, y: o.y + 1000 } : o));
            expect((await answers(other, asked, every))[row]).toBe(before[row]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("answers with all that was known when the row's slice began", async () => {
    const learned = [
      { at: 0, known: 5, y: 1 },
      { at: 3, known: 30, y: 10 },
      { at: 12, known: 12, y: 100 },
    ];
    expect(await answers(learned, [0, 9, 10, 25, 45], 10)).toEqual([Number.NaN, Number.NaN, 1, 101, 111]);
  });

  it("cuts time without gap or overlap", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(1000),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(2000),
        (first, span, every, moment) => {
          const slices = slicesOf(first, first + span, every);
          const at = sliceAt(slices, moment);
          const holding = slices.filter((s) => s.start <= moment && moment < s.end);
          expect(holding).toEqual(at < 0 ? [] : [slices[at]]);
        },
      ),
    );
  });
});
