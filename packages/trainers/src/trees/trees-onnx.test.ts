import { assert, asyncProperty, integer } from "fast-check";
import { describe, expect, it } from "vitest";
import { runOnnx } from "../testing/onnx-runtime.ts";
import { randomRow, randomTrees, randomTreesCategories } from "../testing/random-trees.ts";
import { TreesModel } from "./trees-model.ts";

const categories = Array.from({ length: randomTreesCategories }, (_, code) => `c${code}`);
const columns = [
  ...["x", "y", "z"].map((name) => ({ name, kind: "numeric" as const })),
  { name: "c", kind: "categorical" as const, categories },
];
const tasks = [
  { task: { kind: "regression" }, link: "identity" },
  { task: { kind: "binary" }, link: "logit" },
  { task: { kind: "multiclass", classes: ["a", "b", "c"] }, link: "softmax" },
  { task: { kind: "anomaly" }, link: "isolation" },
] as const;

describe("trees as ONNX", () => {
  it("any ensemble answers as ours: categories, missing cells, thresholds at the ends of float32", async () => {
    await assert(
      asyncProperty(integer({ min: 0, max: 1e6 }), integer({ min: 0, max: 3 }), async (seed, which) => {
        const { task, link } = tasks[which] ?? tasks[0];
        const outputs = task.kind === "multiclass" ? 3 : 1;
        const fields = { estimator: "random", task, columns, link, training: null };
        const model = new TreesModel(fields, randomTrees(seed, outputs));
        const rows = Array.from({ length: 60 }, (_, i) => randomRow(seed * 100 + i));
        (rows[0] as Float64Array).fill(Infinity, 0, 3);
        (rows[1] as Float64Array).fill(-Infinity, 0, 3);
        const answers = await runOnnx(
          model.toOnnx(),
          Float32Array.from(rows.flatMap((row) => [...row])),
          rows.length,
        );
        const out = new Float64Array(outputs);
        for (const [r, row] of rows.entries()) {
          model.scoreRow(row, out);
          for (let o = 0; o < outputs; o++) {
            const ours = out[o] ?? Number.NaN;
            const off = Math.abs((answers.prediction[r * outputs + o] ?? Number.NaN) - ours);
            expect(off).toBeLessThan(1e-6 * Math.max(1, Math.abs(ours)));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("a model without trees is its base", async () => {
    const fields = {
      estimator: "none",
      task: { kind: "regression" },
      columns,
      link: "identity",
      training: null,
    } as const;
    const bare = randomTrees(1, 1);
    const none = {
      ...bare,
      treeStart: Int32Array.of(0),
      treeOutput: new Int32Array(),
      base: Float64Array.of(2.5),
    };
    const { prediction } = await runOnnx(new TreesModel(fields, none).toOnnx(), new Float32Array(8), 2);
    expect([...prediction]).toEqual([2.5, 2.5]);
  });
});
