import type { Estimator, Frame, TrainedModel, TrainingInput, Work } from "@pawl/core";
import { checkEstimator, estimatorChecks, syntheticTable } from "@pawl/testkit";
import { describe, expect, it } from "vitest";
import { linear } from "./linear/linear.ts";
import { loadModel } from "./load-model.ts";
import { runOnnx } from "./testing/onnx-runtime.ts";

type Train = Estimator["train"];
const sound = linear as unknown as Estimator;

/** The linear estimator with its training replaced. */
const withTrain = (change: (train: Train) => Train): Estimator => ({ ...sound, train: change(sound.train) });

/** The linear estimator whose models have one method replaced. */
function withModel(change: (model: TrainedModel) => Partial<TrainedModel>): Estimator {
  return withTrain((train) => async (input, params, work) => {
    const model = await train(input, params, work);
    const spoilt = Object.create(model) as TrainedModel;
    return Object.assign(spoilt, change(model));
  });
}

let calls = 0;
const withoutWeights = ({ frame, target, task, seed }: TrainingInput): TrainingInput => ({
  frame,
  target,
  task,
  seed,
});
const other = syntheticTable("binary", 300, 99);

/** A fault, and a part of the name of the check that must notice it and of what it says. */
const faults: readonly (readonly [string, Estimator, string, string])[] = [
  [
    "weights forgotten",
    withTrain((train) => (input, params, work) => train(withoutWeights(input), params, work)),
    "weights count",
    "changed no prediction",
  ],
  [
    "another answer each time",
    withModel((model) => ({ hash: () => `${calls++}`.padStart(64, "0"), bytes: () => model.bytes() })),
    "same in, same out",
    "hashes",
  ],
  [
    "labels changed",
    withTrain((train) => async (input, params, work) => {
      const model = await train(input, params, work);
      input.target[0] = 1 - (input.target[0] ?? 0);
      return model;
    }),
    "the input is left",
    "labels after training",
  ],
  [
    "deaf to a stop",
    withTrain((train) => (input, params) => train(input, params)),
    "a stop is felt",
    "must be refused with cancelled",
  ],
  [
    "progress backwards",
    withTrain((train) => (input, params, work: Work = {}) => {
      let left = 100;
      return train(input, params, {
        ...work,
        onProgress: (p) => work.onProgress?.({ ...p, done: left--, total: 100 }),
      });
    }),
    "progress is reported",
    "then",
  ],
  [
    "one row scored otherwise",
    withModel((model) => ({
      scoreRow: (row, out) => {
        model.scoreRow(row, out);
        out[0] = (out[0] ?? 0) + 1e-6;
      },
    })),
    "scoring one row",
    "row 0",
  ],
  [
    "columns taken by position",
    withModel((model) => ({
      predict: (frame: Frame) => {
        const columns = model.columns.map(({ name }, c) => ({
          ...(frame.columns[c] as Frame["columns"][number]),
          name,
        }));
        return model.predict({ ...frame, columns });
      },
    })),
    "finds columns by name",
    "of another kind",
  ],
  [
    "an explanation that leaves something out",
    withModel((model) => ({
      explain: (row) => {
        const explanation = model.explain(row);
        return { ...explanation, contributions: explanation.contributions.fill(0, 0, 1) };
      },
    })),
    "explanations add up",
    "bias and contributions",
  ],
  [
    "importance doubled",
    withModel((model) => ({ importance: () => [...model.importance(), ...model.importance()] })),
    "importance names",
    "columns",
  ],
  [
    "another model exported",
    withTrain((train) => async (input, params, work) => {
      const model = await train(input, params, work);
      const { frame, target, task } = other;
      const wrong = await train({ frame, target: target.map((y) => 1 - y), task, seed: 1 }, params);
      return Object.assign(Object.create(model) as TrainedModel, { toOnnx: () => wrong.toOnnx() });
    }),
    "ONNX export",
    "ONNX says",
  ],
  [
    "one class accepted",
    withTrain(
      (train) => (input, params, work) =>
        train(
          input.target.every((y) => y === 1)
            ? { ...input, target: input.target.map((_, i) => i % 2) }
            : input,
          params,
          work,
        ),
    ),
    "one class only",
    "must be refused",
  ],
  [
    "an unknown parameter accepted",
    withTrain((train) => (input, _, work) => train(input, {}, work)),
    "unknown parameters",
    "must be refused",
  ],
];

describe("the suite itself", () => {
  it.each(faults)("notices %s", async (_, estimator, name, says) => {
    const checks = estimatorChecks(estimator, { load: loadModel, onnx: runOnnx });
    const check = checks.find((one) => one.name.startsWith("binary") && one.name.includes(name));
    if (check === undefined) throw new Error(`no check named ${name}`);
    await expect(check.run()).rejects.toThrow(says);
  });

  it("names estimator, task and check when it fails, and passes the sound one", async () => {
    const options = { load: loadModel, onnx: runOnnx };
    await expect(checkEstimator(sound, options)).resolves.toBeUndefined();
    const broken = withModel((model) => ({ importance: () => model.importance().slice(1) }));
    await expect(checkEstimator(broken, options)).rejects.toThrow(
      /^linear, binary: importance names every column/,
    );
  });
});
