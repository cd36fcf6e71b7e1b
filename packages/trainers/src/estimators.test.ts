import { estimatorChecks } from "@pawl/testkit";
import { describe, expect, it } from "vitest";
import { estimators } from "./estimators.ts";
import { loadModel } from "./load-model.ts";
import { providePeerLightgbm } from "./testing/peer-lightgbm.ts";
import { runOnnx } from "./testing/onnx-runtime.ts";

/** Parameters that keep a training on a few hundred rows short, and name the baselines' columns. */
const quick: Readonly<Record<string, { params: Record<string, unknown>; learns?: boolean }>> = {
  "gradient-boosting": { params: { rounds: 25, minRowsInLeaf: 5, maxLeaves: 8, minRowsInCategory: 10 } },
  linear: { params: {} },
  ftrl: { params: { passes: 5 } },
  lightgbm: {
    params: { rounds: 25, minRowsInLeaf: 5, maxLeaves: 8, minRowsInCategory: 10, categorySmoothing: 1 },
  },
  "isolation-forest": { params: { trees: 20 } },
  majority: { params: {}, learns: false },
  "no-change": { params: { column: "previous" }, learns: false },
  seasonal: { params: { column: "moment" }, learns: false },
};

/** Why an estimator cannot be checked here; under CI the peer's absence is an error instead. */
const absent: Readonly<Record<string, string | undefined>> = { lightgbm: await providePeerLightgbm() };

const cases = estimators.map((estimator) => {
  const checks = estimatorChecks(estimator, { load: loadModel, onnx: runOnnx, ...quick[estimator.name] });
  return [estimator.name, checks] as const;
});

describe.each(cases)("%s", (name, checks) => {
  const why = absent[name];
  const applicable = checks.filter((check) => check.skip === undefined);
  it.skipIf(why !== undefined).each(applicable.map((check) => [check.name, check] as const))(
    `%s${why === undefined ? "" : ` (${why})`}`,
    (_, check) => expect(check.run()).resolves.toBeUndefined(),
  );

  it("says of every check that does not apply why it does not", () => {
    const reasons = checks.flatMap(({ skip }) => (skip === undefined ? [] : [skip]));
    expect(reasons.filter((reason) => reason.length < 10)).toEqual([]);
    expect(applicable.length).toBeGreaterThan(reasons.length);
  });

  it("is listed here with quick parameters", () => expect(quick).toHaveProperty([name]));
});
