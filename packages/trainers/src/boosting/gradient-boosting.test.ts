import { auc, seededRandom, selectRows, type FrameColumn, type TrainingInput } from "@pawl/core";
import { syntheticBinary, bayesAuc, syntheticTable } from "@pawl/testkit";
import { describe, expect, it } from "vitest";
import { TreesModel } from "../trees/trees-model.ts";
import { gradientBoosting } from "./gradient-boosting.ts";

const numeric = (name: string, values: Float64Array): FrameColumn => ({ name, kind: "numeric", values });

const treesOf = (model: unknown) => {
  if (!(model instanceof TreesModel)) throw new Error("not a model of trees");
  return model.trees;
};

describe("gradient boosting", () => {
  it("comes near the best possible AUC", async () => {
    const rows = 20_000;
    const { frame, target, probability } = syntheticBinary(2 * rows, 1);
    const half = (from: number) =>
      selectRows(
        frame,
        Int32Array.from({ length: rows }, (_, i) => from + i),
      );
    const input = {
      frame: half(0),
      target: target.slice(0, rows),
      task: { kind: "binary" as const },
      seed: 1,
    };
    const model = await gradientBoosting.train(input, { rounds: 120 });
    const reached = auc(target.slice(rows), model.predict(half(rows)));
    const best = bayesAuc(probability.slice(rows));
    expect(reached).toBeGreaterThan(best - 0.035);
    expect(reached).toBeLessThan(best + 0.01);
  });

  it("learns where missing values belong, and from missingness alone", async () => {
    const random = seededRandom(2);
    const values = Float64Array.from({ length: 2000 }, () =>
      random.next() < 0.3 ? Number.NaN : random.normal(),
    );
    const frame = { rows: 2000, columns: [numeric("x", values)] };
    const target = values.map((x) => (Number.isNaN(x) ? 1 : 0));
    const model = await gradientBoosting.train(
      { frame, target, task: { kind: "binary" }, seed: 1 },
      { rounds: 20 },
    );
    expect(auc(target, model.predict(frame))).toBe(1);
    const above = values.map((x) => (Number.isNaN(x) || x > 0 ? 1 : 0));
    const mixed = await gradientBoosting.train(
      { frame, target: above, task: { kind: "binary" }, seed: 1 },
      { rounds: 20 },
    );
    expect(auc(above, mixed.predict(frame))).toBeGreaterThan(0.999);
  });

  it("parts many categories in two without an order", async () => {
    const random = seededRandom(3);
    const rows = 6000;
    const good = new Set(Array.from({ length: 60 }, (_, code) => code).filter(() => random.next() < 0.5));
    const codes = Int32Array.from({ length: rows }, () => random.below(60));
    const target = Float64Array.from(codes, (code) => ((good.has(code) ? 0.9 : 0.1) > random.next() ? 1 : 0));
    const categories = Array.from({ length: 60 }, (_, code) => `town ${code}`);
    const frame = { rows, columns: [{ name: "town", kind: "categorical" as const, codes, categories }] };
    const params = { rounds: 30, maxLeaves: 4, minRowsInCategory: 20 };
    const model = await gradientBoosting.train({ frame, target, task: { kind: "binary" }, seed: 1 }, params);
    const out = new Float64Array(1);
    for (let code = 0; code < 60; code++) {
      model.scoreRow(model.encodeRow({ town: `town ${code}` }), out);
      expect(out[0] ?? 0).toSatisfy((p: number) => p > 0.5 === good.has(code));
    }
  });

  it("keeps the least rows in every leaf, exactly, whatever the hessians", async () => {
    const random = seededRandom(4);
    const rows = 3000;
    const x = Float64Array.from({ length: rows }, () => random.normal());
    // Rare and certain: hessians differ a thousandfold between rows.
    const target = x.map((value) => (value > 2 || random.next() < 0.002 ? 1 : 0));
    const frame = {
      rows,
      columns: [
        numeric("x", x),
        numeric(
          "y",
          x.map(() => random.normal()),
        ),
      ],
    };
    const params = { rounds: 60, minRowsInLeaf: 37, learningRate: 0.3 };
    const model = await gradientBoosting.train({ frame, target, task: { kind: "binary" }, seed: 1 }, params);
    const trees = treesOf(model);
    for (const [n, count] of trees.count.entries()) {
      expect(count).toBeGreaterThanOrEqual(37);
      const [left, right] = [trees.left[n] ?? -1, trees.right[n] ?? -1];
      const below = left < 0 ? count : (trees.count[left] ?? 0) + (trees.count[right] ?? 0);
      expect(below).toBe(count);
    }
  });

  it("respects depth, leaves and shares, and uses the seed for them", async () => {
    const { frame, target, task } = syntheticTable("regression", 800, 5);
    const input = { frame, target, task, seed: 1 };
    const params = {
      rounds: 20,
      maxDepth: 2,
      maxLeaves: 64,
      featureShare: 0.4,
      rowShare: 0.5,
      minRowsInLeaf: 5,
    };
    const model = await gradientBoosting.train(input, params);
    const trees = treesOf(model);
    for (let t = 0; t < trees.treeOutput.length; t++) {
      const size = (trees.treeStart[t + 1] ?? 0) - (trees.treeStart[t] ?? 0);
      expect(size).toBeLessThanOrEqual(7);
      expect(trees.count[trees.treeStart[t] ?? 0]).toBe(400);
    }
    const other = await gradientBoosting.train({ ...input, seed: 2 }, params);
    expect(other.hash()).not.toBe(model.hash());
  });

  it("stops early on the latest rows and keeps the best length", async () => {
    const { frame, target, task, times } = syntheticTable("binary", 1200, 6);
    const input: TrainingInput = { frame, target, task, times, seed: 1 };
    const params = { rounds: 1000, patience: 10, minRowsInLeaf: 5 };
    const model = await gradientBoosting.train(input, params);
    const count = treesOf(model).treeOutput.length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(500);
    const { times: _, ...timeless } = input;
    await expect(gradientBoosting.train(timeless, params)).rejects.toThrow("needs their times");
    const frozen = { ...input, times: times.map(() => 5) };
    await expect(gradientBoosting.train(frozen, params)).rejects.toThrow("more than one moment");
  });

  it("continues exactly where it stopped: the first trees stay, the loss falls", async () => {
    const { frame, target, task } = syntheticTable("multiclass", 900, 7);
    const input = { frame, target, task, seed: 1 };
    const params = { rounds: 5, minRowsInLeaf: 5 };
    const first = await gradientBoosting.train(input, params);
    const more = await gradientBoosting.train({ ...input, init: first }, params);
    const [a, b] = [treesOf(first), treesOf(more)];
    expect(b.treeOutput.length).toBe(30);
    expect(b.value.slice(0, a.value.length)).toEqual(a.value);
  });

  it("a row of weight 0 is as good as absent", async () => {
    const { frame, target, task } = syntheticTable("binary", 400, 8);
    const weights = new Float64Array(400).fill(1, 0, 300);
    const spoilt = target.map((y, row) => (row < 300 ? y : 1 - y));
    const params = { rounds: 10, minRowsInLeaf: 5 };
    const a = await gradientBoosting.train({ frame, target, task, weights, seed: 1 }, params);
    const b = await gradientBoosting.train({ frame, target: spoilt, task, weights, seed: 1 }, params);
    expect(b.hash()).toBe(a.hash());
  });

  it("refuses monotone constraints that make no sense", async () => {
    const { frame, target, task } = syntheticTable("binary", 100, 9);
    const input = { frame, target, task, seed: 1 };
    await expect(gradientBoosting.train(input, { monotone: { nobody: 1 } })).rejects.toThrow(
      "names no column",
    );
    await expect(gradientBoosting.train(input, { monotone: { colour: 1 } })).rejects.toThrow("no order");
    const many = syntheticTable("multiclass", 100, 9);
    await expect(gradientBoosting.train({ ...many, seed: 1 }, { monotone: { rising: 1 } })).rejects.toThrow(
      "one output",
    );
  });

  it("reads columns on shared memory, and views into larger buffers, as any other", async () => {
    const { frame, target, task } = syntheticTable("binary", 300, 10);
    const params = { rounds: 5, minRowsInLeaf: 5 };
    const plain = await gradientBoosting.train({ frame, target, task, seed: 1 }, params);
    const shared = frame.columns.map((column): FrameColumn => {
      if (column.kind === "categorical") {
        const larger = new Int32Array(1000);
        larger.set(column.codes, 500);
        return { ...column, codes: larger.subarray(500, 800) };
      }
      const values = new Float64Array(new SharedArrayBuffer(8 * frame.rows));
      values.set(column.values);
      return { ...column, values };
    });
    const again = await gradientBoosting.train(
      { frame: { rows: frame.rows, columns: shared }, target, task, seed: 1 },
      params,
    );
    expect(again.hash()).toBe(plain.hash());
  });

  it("refuses labels whose sums no double holds", async () => {
    const { frame, task } = syntheticTable("regression", 100, 11);
    const target = new Float64Array(100).fill(1e308);
    target[0] = -1e308;
    await expect(gradientBoosting.train({ frame, target, task, seed: 1 }, {})).rejects.toThrow("too large");
  });
});
