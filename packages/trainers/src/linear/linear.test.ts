import { seededRandom, type FrameColumn } from "@pawl/core";
import { describe, expect, it } from "vitest";
import { minimise } from "./lbfgs.ts";
import { LinearModel } from "./linear-model.ts";
import { linear } from "./linear.ts";

describe("minimise", () => {
  it("finds the minimum of an ill-conditioned quadratic", () => {
    const scales = [1, 10, 1000, 1e5];
    const point = new Float64Array(4).fill(3);
    minimise(
      (at, gradient) => {
        let value = 0;
        for (const [i, scale] of scales.entries()) {
          const away = (at[i] ?? 0) - i;
          value += (scale * away * away) / 2;
          gradient[i] = scale * away;
        }
        return value;
      },
      point,
      { maxSteps: 200, tolerance: 1e-9, onStep: () => {} },
    );
    for (let i = 0; i < 4; i++) expect(point[i]).toBeCloseTo(i, 8);
  });
});

describe("linear", () => {
  const random = seededRandom(1);
  const rows = 400;
  const column = (name: string, values: Float64Array): FrameColumn => ({ name, kind: "numeric", values });
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: rows }, () => random.normal() * 5 + 100));
  const frame = {
    rows,
    columns: [column("a", a ?? new Float64Array()), column("b", b ?? new Float64Array())],
  };

  it("without penalty recovers an exact linear rule (float32 apart)", async () => {
    const target = Float64Array.from(
      { length: rows },
      (_, i) => 3 * Math.fround(a?.[i] ?? 0) - 2 * Math.fround(b?.[i] ?? 0) + 7,
    );
    const model = await linear.train(
      { frame, target, task: { kind: "regression" }, seed: 1 },
      { l2: 0, tolerance: 1e-12 },
    );
    const out = new Float64Array(1);
    model.scoreRow(Float64Array.of(1, 0), out);
    const one = out[0] ?? 0;
    model.scoreRow(Float64Array.of(0, 0), out);
    expect(out[0]).toBeCloseTo(7, 5);
    expect(one - (out[0] ?? 0)).toBeCloseTo(3, 6);
  });

  it("satisfies the normal equations of ridge and logistic regression", async () => {
    const binary = Float64Array.from(a ?? [], (x) => (x + random.normal() * 5 > 100 ? 1 : 0));
    const l2 = 3;
    const model = await linear.train(
      { frame, target: binary, task: { kind: "binary" }, seed: 1 },
      { l2, tolerance: 1e-10 },
    );
    if (!(model instanceof LinearModel)) throw new Error("not linear");
    const p = model.predict(frame);
    for (const [c, encoding] of model.parts.encodings.entries()) {
      if (encoding.kind !== "numeric") throw new Error("not numeric");
      const values = c === 0 ? a : b;
      let gradient = l2 * (model.parts.coefficients[2 * c] ?? 0);
      for (let i = 0; i < rows; i++) {
        gradient +=
          ((p[i] ?? 0) - (binary[i] ?? 0)) *
          ((Math.fround(values?.[i] ?? 0) - encoding.center) / encoding.scale);
      }
      expect(Math.abs(gradient)).toBeLessThan(1e-6);
    }
    // The bias is free: predictions are right on average.
    expect(p.reduce((sum, one) => sum + one, 0)).toBeCloseTo(
      binary.reduce((sum, one) => sum + one, 0),
      4,
    );
  });
});
