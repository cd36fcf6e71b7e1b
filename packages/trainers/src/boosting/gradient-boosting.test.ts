import { auc, seededRandom } from "@pawl/core";
import { describe, expect, it } from "vitest";
import { gradientBoosting } from "./gradient-boosting.ts";

describe("gradient boosting", () => {
  it("learns an interaction no linear model sees", async () => {
    const random = seededRandom(1);
    const rows = 4000;
    const column = () => Float64Array.from({ length: rows }, () => random.normal());
    const [a, b] = [column(), column()];
    const target = a.map((x, i) => (x * (b[i] ?? 0) > 0 ? 1 : 0));
    const frame = {
      rows,
      columns: [
        { name: "a", kind: "numeric" as const, values: a },
        { name: "b", kind: "numeric" as const, values: b },
      ],
    };
    const input = { frame, target, task: { kind: "binary" as const }, seed: 1 };
    const model = await gradientBoosting.train(input, { rounds: 30 });
    expect(auc(target, model.predict(frame))).toBeGreaterThan(0.98);
  });
});
