import { auc, type FrameColumn } from "@pawl/core";
import { syntheticTable } from "@pawl/testkit";
import { describe, expect, it } from "vitest";
import { gradientBoosting } from "../boosting/gradient-boosting.ts";
import { runOnnx } from "../testing/onnx-runtime.ts";
import { ftrl } from "./ftrl.ts";
import { LinearModel } from "./linear-model.ts";

const { frame, target, task, times } = syntheticTable("binary", 1500, 1);
const input = { frame, target, task, seed: 1 };

describe("ftrl", () => {
  it("hashed into many slots answers nearly as unhashed, and exports the same", async () => {
    const plain = await ftrl.train(input, {});
    const hashed = await ftrl.train(input, { hashBits: 16 });
    const tight = await ftrl.train(input, { hashBits: 2 });
    const score = (p: Float64Array): number => auc(target, p);
    expect(Math.abs(score(hashed.predict(frame)) - score(plain.predict(frame)))).toBeLessThan(0.005);
    expect(tight.hash()).not.toBe(hashed.hash());
    const rows = Array.from({ length: 50 }, (_, row) => hashed.rowOf(frame, row));
    const { prediction } = await runOnnx(
      hashed.toOnnx(),
      Float32Array.from(rows.flatMap((row) => [...row])),
      50,
    );
    const ours = hashed.predict(frame);
    for (const [row, p] of prediction.entries()) expect(Math.abs(p - (ours[row] ?? 9))).toBeLessThan(1e-6);
  });

  it("with a base column starts as that model, and corrects it", async () => {
    const base = await gradientBoosting.train(input, { rounds: 20 });
    const margins = base.margins(frame).map(Math.fround);
    const column: FrameColumn = { name: "base", kind: "numeric", values: margins };
    // The labels have turned round since the base was trained.
    const turned = target.map((y) => 1 - y);
    const withBase = { frame: { rows: frame.rows, columns: [...frame.columns, column] }, task, seed: 1 };
    const same = await ftrl.train({ ...withBase, target }, { base: "base", alpha: 1e-6, passes: 1 });
    for (const [row, margin] of same.margins(withBase.frame).entries()) {
      expect(margin).toBeCloseTo(margins[row] ?? 9, 2);
    }
    const mended = await ftrl.train({ ...withBase, target: turned }, { base: "base" });
    expect(auc(turned, mended.predict(withBase.frame))).toBeGreaterThan(0.8);
    await expect(ftrl.train({ ...withBase, target }, { base: "colour" })).rejects.toThrow("numeric column");
  });

  it("learns in the order of time, so that the rows' own order does not matter", async () => {
    const turned = (values: Float64Array): Float64Array => values.toReversed();
    const distinct = times.map((time, row) => time + row);
    const backwards = {
      rows: frame.rows,
      columns: frame.columns.map((column) =>
        column.kind === "numeric"
          ? { ...column, values: turned(column.values) }
          : { ...column, codes: column.codes.toReversed() },
      ),
    };
    const a = await ftrl.train({ ...input, times: distinct }, {});
    const b = await ftrl.train(
      { ...input, frame: backwards, target: turned(target), times: turned(distinct) },
      {},
    );
    const [p, q] = [a.predict(frame), b.predict(frame)];
    for (const [row, one] of p.entries()) expect(one).toBeCloseTo(q[row] ?? 9, 9);
  });

  it("continues from its own state: two halves are one whole", async () => {
    const half = await ftrl.train(input, { passes: 2 });
    const whole = await ftrl.train({ ...input, init: half }, { passes: 2 });
    const atOnce = await ftrl.train(input, { passes: 4 });
    if (!(whole instanceof LinearModel) || !(atOnce instanceof LinearModel)) throw new Error("not linear");
    expect(whole.parts.coefficients).toEqual(atOnce.parts.coefficients);
  });
});
