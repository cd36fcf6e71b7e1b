import { auc, seededRandom } from "@pawl/core";
import { describe, expect, it } from "vitest";
import { isolationForest } from "./isolation-forest.ts";

describe("isolation forest", () => {
  it("scores far points, odd categories and odd gaps above the rest", async () => {
    const random = seededRandom(1);
    const rows = 2000;
    const odd = Float64Array.from({ length: rows }, (_, row) => (row % 50 === 0 ? 1 : 0));
    const values = odd.map((strange) => random.normal() + (strange ? 6 : 0));
    const codes = Int32Array.from(odd, (strange) => (strange ? 3 : random.below(3)));
    const gaps = odd.map((strange) => (strange ? Number.NaN : random.normal()));
    const frame = {
      rows,
      columns: [
        { name: "x", kind: "numeric" as const, values },
        { name: "kind", kind: "categorical" as const, codes, categories: ["a", "b", "c", "odd"] },
        { name: "gap", kind: "numeric" as const, values: gaps },
      ],
    };
    const input = { frame, target: new Float64Array(), task: { kind: "anomaly" as const }, seed: 1 };
    const model = await isolationForest.train(input, {});
    const scores = model.predict(frame);
    expect(auc(odd, scores)).toBeGreaterThan(0.98);
    // Ordinary rows score near one half (Liu, Ting & Zhou 2008, section 2).
    const ordinary = scores.filter((_, row) => odd[row] === 0).toSorted();
    expect(ordinary[ordinary.length >> 1]).toBeGreaterThan(0.35);
    expect(ordinary[ordinary.length >> 1]).toBeLessThan(0.55);
  });
});
