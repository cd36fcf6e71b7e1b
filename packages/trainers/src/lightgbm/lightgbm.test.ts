import { auc, r2, seededRandom } from "@pawl/core";
import { syntheticTable } from "@pawl/testkit";
import { property, assert, double } from "fast-check";
import { describe, expect, it } from "vitest";
import { gradientBoosting } from "../boosting/gradient-boosting.ts";
import { providePeerLightgbm } from "../testing/peer-lightgbm.ts";
import { TreeBuilder } from "../trees/tree-builder.ts";
import { TreeShap, expectedMargins } from "../trees/tree-shap.ts";
import { LightgbmBooster } from "./lightgbm-booster.ts";
import { findLightgbm, lightgbmVariable } from "./lightgbm-library.ts";
import { float32Below, readLightgbmTrees } from "./lightgbm-text.ts";
import { lightgbm } from "./lightgbm.ts";

const why = await providePeerLightgbm();

describe("float32Below", () => {
  it("compares every float32 as the double does", () => {
    assert(
      property(double({ noNaN: true }), double({ noNaN: true }), (t, x) => {
        const f = Math.fround(x);
        expect(f <= float32Below(t)).toBe(f <= t);
        expect(float32Below(t)).toBeLessThanOrEqual(t);
      }),
    );
    expect(float32Below(1.1)).toBeLessThanOrEqual(1.1);
    expect(float32Below(-1e-60)).toBe(-1.401298464324817e-45);
  });
});

describe("finding the library", () => {
  it("says why it is not there", () => {
    expect(findLightgbm("").why).toContain(lightgbmVariable);
    expect(findLightgbm("/nowhere/at/all").why).toContain("does not exist");
    expect(findLightgbm(import.meta.dirname).why).toContain("lib_lightgbm");
  });
});

describe("reading its text", () => {
  it("refuses what it does not understand", () => {
    const tree = (lines: string): string => `tree\nTree=0\n${lines}\n\nend of trees\n`;
    expect(() => readLightgbmTrees(tree("split_feature=0\nleaf_value=1"))).toThrow("cannot be read");
    expect(() => readLightgbmTrees(tree("leaf_value=what"))).toThrow("cannot be read");
    expect(() => readLightgbmTrees(tree("is_linear=1\nleaf_value=1"))).toThrow("cannot be read");
    expect(readLightgbmTrees(tree("leaf_value=0.5"))[0]?.[0]?.value).toBe(0.5);
  });
});

describe.skipIf(why !== undefined)(`lightgbm${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  it("gives trees whose margins and SHAP contributions are LightGBM's own", () => {
    const random = seededRandom(4);
    const [rows, columns] = [500, 5];
    const cells = Float32Array.from({ length: rows * columns }, (_, i) => {
      if (i % columns === 4) return random.below(12);
      return random.next() < 0.1 && i % columns < 2 ? Number.NaN : random.normal();
    });
    const label = Float32Array.from({ length: rows }, (_, r) => {
      const at = (c: number): number => cells[r * columns + c] ?? 0;
      return (Number.isNaN(at(0)) ? 1 : at(0)) * at(2) + (at(4) % 3) + random.normal() * 0.1;
    });
    const data = { cells, rows, columns, label, weight: undefined, initScore: undefined };
    const parameters =
      "objective=regression num_leaves=8 min_data_in_leaf=5 min_data_per_group=5 cat_smooth=1 categorical_feature=4 verbosity=-1 num_threads=1";
    const booster = new LightgbmBooster(findLightgbm().path ?? "", parameters, data, undefined);
    try {
      for (let round = 0; round < 20; round++) booster.update();
      const builder = new TreeBuilder();
      for (const nodes of readLightgbmTrees(booster.text(20))) builder.add(0, nodes);
      const trees = builder.build(new Float64Array(1));
      const theirs = booster.predict("contributions", data, 1, 20);
      const [bias] = expectedMargins(trees);
      const shap = new TreeShap(trees);
      for (let r = 0; r < rows; r++) {
        const ours = new Float64Array(columns);
        shap.explain(Float64Array.from(cells.subarray(r * columns, (r + 1) * columns)), ours);
        for (const [c, value] of [...ours, bias ?? 0].entries()) {
          expect(value).toBeCloseTo(theirs[r * (columns + 1) + c] ?? Number.NaN, 8);
        }
      }
    } finally {
      booster.close();
    }
  });

  it("is about as good as our own boosting, and continues it", async () => {
    const { frame, target, task } = syntheticTable("binary", 4000, 1);
    const fresh = syntheticTable("binary", 4000, 2);
    const input = { frame, target, task, seed: 1 };
    const ours = await gradientBoosting.train(input, { rounds: 40 });
    const theirs = await lightgbm.train(input, { rounds: 40 });
    const score = (p: Float64Array): number => auc(fresh.target, p);
    expect(Math.abs(score(ours.predict(fresh.frame)) - score(theirs.predict(fresh.frame)))).toBeLessThan(
      0.01,
    );
    const continued = await lightgbm.train({ ...input, init: ours }, { rounds: 5 });
    expect(continued.importance().reduce((sum, { splits }) => sum + splits, 0)).toBeGreaterThan(
      ours.importance().reduce((sum, { splits }) => sum + splits, 0),
    );
  });

  it("stops early on the latest rows", async () => {
    const { frame, target, task, times } = syntheticTable("regression", 1000, 3);
    const input = { frame, target, task, seed: 1, times };
    const model = await lightgbm.train(input, { rounds: 2000, patience: 5, minRowsInLeaf: 5 });
    const { treeOutput } = model.document().sections;
    expect(treeOutput?.length).toBeLessThan(1000);
    await expect(lightgbm.train({ frame, target, task, seed: 1 }, { patience: 5 })).rejects.toThrow(
      "needs their times",
    );
  });

  it("takes more categories than our own boosting, which then refuses to continue it", async () => {
    const random = seededRandom(6);
    const rows = 3000;
    const categories = Array.from({ length: 300 }, (_, code) => `town ${code}`);
    const codes = Int32Array.from({ length: rows }, (_, row) => row % 300);
    const target = Float64Array.from(codes, (code) => (code % 7) + random.normal() * 0.1);
    const frame = { rows, columns: [{ name: "town", kind: "categorical" as const, codes, categories }] };
    const input = { frame, target, task: { kind: "regression" as const }, seed: 1 };
    const params = { rounds: 20, minRowsInCategory: 5, categorySmoothing: 1, minRowsInLeaf: 5 };
    const model = await lightgbm.train(input, params);
    expect(r2(target, model.predict(frame))).toBeGreaterThan(0.5);
    await expect(gradientBoosting.train({ ...input, init: model }, params)).rejects.toThrow(
      "so many categories",
    );
    const ours = await gradientBoosting.train(input, params);
    expect(r2(target, ours.predict(frame))).toBeGreaterThan(0.5);
  });
});
