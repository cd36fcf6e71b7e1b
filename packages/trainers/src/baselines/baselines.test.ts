import { type FrameColumn, type TrainingInput, toClasses } from "@pawl/core";
import { syntheticTable } from "@pawl/testkit";
import { describe, expect, it } from "vitest";
import { runOnnx } from "../testing/onnx-runtime.ts";
import { majority } from "./majority.ts";
import { noChange } from "./no-change.ts";
import { seasonal } from "./seasonal.ts";

const inputOf = (
  columns: readonly FrameColumn[],
  target: readonly number[],
  kind: "binary" | "regression",
): TrainingInput => ({
  frame: { rows: target.length, columns },
  target: Float64Array.from(target),
  task: { kind },
  seed: 1,
});
const numeric = (name: string, values: readonly number[]): FrameColumn => ({
  name,
  kind: "numeric",
  values: Float64Array.from(values),
});

describe("majority", () => {
  it("answers the weighted share or mean", async () => {
    const input = inputOf([numeric("x", [1, 2, 3, 4])], [0, 0, 0, 1], "binary");
    const model = await majority.train(input, {});
    expect(model.predict(input.frame)[0]).toBeCloseTo(0.25, 12);
    const weighed = await majority.train({ ...input, weights: Float64Array.of(1, 1, 1, 3) }, {});
    expect(weighed.predict(input.frame)[2]).toBeCloseTo(0.5, 12);
  });
});

describe("no-change", () => {
  it("always finds the last label the most probable, even where labels change more often than not", async () => {
    const last = numeric("last", [0, 1, 0, 1, 0, Number.NaN]);
    const input = inputOf([last], [1, 0, 1, 0, 0, 1], "binary");
    const model = await noChange.train(input, { column: "last" });
    expect([...toClasses(model.predict(input.frame).slice(0, 5), 1)]).toEqual([0, 1, 0, 1, 0]);
    expect(model.predict(input.frame)[5]).toBeCloseTo(0.5, 12);
  });

  it("repeats the last value of a regression and falls back to the mean", async () => {
    const input = inputOf([numeric("last", [10, 20, Number.NaN])], [11, 19, 30], "regression");
    const model = await noChange.train(input, { column: "last" });
    expect([...model.predict(input.frame)]).toEqual([10, 20, 20]);
  });

  it("reads class names", async () => {
    const { frame, target, task } = syntheticTable("multiclass", 50, 1);
    const codes = Int32Array.from(target, (_, row) => (row === 0 ? -1 : (target[row - 1] ?? 0)));
    const categories = ["low", "middle", "high", "no such class"];
    const named = {
      rows: 50,
      columns: [...frame.columns, { name: "last", kind: "categorical" as const, codes, categories }],
    };
    const model = await noChange.train({ frame: named, target, task, seed: 1 }, { column: "last" });
    expect(toClasses(model.predict(named), 3).slice(1)).toEqual(codes.slice(1));
  });

  it("asks for its column", async () => {
    const input = inputOf([numeric("x", [1, 2])], [0, 1], "binary");
    await expect(noChange.train(input, {})).rejects.toThrow("which column");
    await expect(seasonal.train(input, { column: "y" })).rejects.toThrow("which column");
  });
});

describe("seasonal", () => {
  it("answers the mean of the hour of the week, weeks apart", async () => {
    const hour = 3.6e9;
    const monday = 4 * 24 * hour; // 5 January 1970
    const week = 168 * hour;
    const moments = [monday, monday + week, monday + hour, monday + week + hour];
    const input = inputOf([numeric("at", moments)], [1, 3, 10, 20], "regression");
    const model = await seasonal.train(input, { column: "at", smoothing: 0 });
    expect([...model.predict(input.frame)]).toEqual([2, 2, 15, 15]);
    const out = new Float64Array(1);
    model.scoreRow(Float64Array.of(monday + 9 * week + 1.5 * hour), out);
    expect(out[0]).toBe(15);
    model.scoreRow(Float64Array.of(monday + 5 * hour), out);
    expect(out[0]).toBe(8.5);
  });

  it("takes values as seasons, and exports those", async () => {
    const input = inputOf([numeric("month", [1, 1, 2, 2])], [5, 7, 1, 3], "regression");
    const model = await seasonal.train(input, { column: "month", season: "value", smoothing: 0 });
    expect([...model.predict(input.frame)]).toEqual([6, 6, 2, 2]);
    const { prediction } = await runOnnx(model.toOnnx(), Float32Array.of(2, 1, 9, Number.NaN), 4);
    expect([...prediction]).toEqual([2, 6, 4, 4]);
  });
});
