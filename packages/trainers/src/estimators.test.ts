import { estimatorChecks } from "@pawl/testkit";
import { describe, expect, it } from "vitest";
import { estimators } from "./estimators.ts";
import { loadModel } from "./load-model.ts";
import { runOnnx } from "./testing/onnx-runtime.ts";

/** Parameters that keep a training on a few hundred rows short, and name the baselines' columns. */
const quick: Readonly<Record<string, { params: Record<string, unknown>; learns?: boolean }>> = {
  "gradient-boosting": { params: { rounds: 25, minRowsInLeaf: 5, maxLeaves: 8, minRowsInCategory: 10 } },
  linear: { params: {} },
  ftrl: { params: { passes: 5 } },
  "isolation-forest": { params: { trees: 20 } },
  majority: { params: {}, learns: false },
  "no-change": { params: { column: "previous" }, learns: false },
  seasonal: { params: { column: "moment" }, learns: false },
};

describe.each(estimators.map((estimator) => [estimator.name, estimator] as const))(
  "%s",
  (name, estimator) => {
    for (const check of estimatorChecks(estimator, { load: loadModel, onnx: runOnnx, ...quick[name] })) {
      it.skipIf(check.skip !== undefined)(`${check.name}`, () =>
        expect(check.run()).resolves.toBeUndefined(),
      );
    }

    it("is listed here with quick parameters", () => expect(quick).toHaveProperty([name]));
  },
);
