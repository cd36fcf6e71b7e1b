import { selectRows, type FrameColumn, type TrainingInput } from "@pawl/core";
import { holds, refuses } from "./check-assertions.ts";
import type { EstimatorCase, EstimatorCheck } from "./estimator-check.ts";
import { syntheticTable, syntheticTask } from "./synthetic-table.ts";

/** What must be refused, and how. */
export function inputChecks(subject: EstimatorCase): EstimatorCheck[] {
  const { estimator, kind, params = {} } = subject;
  const table = syntheticTable(kind, 60, 1);
  const { frame, target, task } = table;
  const input: TrainingInput = { frame, target, task, seed: 1 };
  const refused = (
    code: Parameters<typeof refuses>[0],
    what: string,
    change: Partial<TrainingInput>,
    given: object = params,
  ): Promise<void> => refuses(code, () => estimator.train({ ...input, ...change }, given), what);
  const supervised = kind === "anomaly" ? { skip: "an anomaly task has no label" } : {};
  const classes = kind === "binary" || kind === "multiclass" ? {} : { skip: "the task has no classes" };
  const [first] = frame.columns as readonly [FrameColumn, ...FrameColumn[]];
  return [
    {
      name: "an empty frame is insufficient_data",
      run: async () => {
        const empty = selectRows(frame, []);
        await refused("insufficient_data", "no rows", { frame: empty, target: new Float64Array() });
        const bare = { rows: frame.rows, columns: [] };
        await refused("insufficient_data", "no columns", { frame: bare });
      },
    },
    {
      name: "duplicate column names and columns of unlike length are invalid_input",
      run: async () => {
        const twice = { ...frame, columns: [...frame.columns, first] };
        await refused("invalid_input", "a column twice", { frame: twice });
        const short: FrameColumn = { name: "short", kind: "numeric", values: new Float64Array(3) };
        await refused("invalid_input", "a short column", {
          frame: { ...frame, columns: [...frame.columns, short] },
        });
        const wild: FrameColumn = {
          name: "wild",
          kind: "categorical",
          codes: new Int32Array(frame.rows).fill(7),
          categories: ["one"],
        };
        await refused("invalid_input", "a code outside the categories", {
          frame: { ...frame, columns: [...frame.columns, wild] },
        });
      },
    },
    {
      name: "one class only is insufficient_data",
      ...classes,
      run: () => refused("insufficient_data", "one class", { target: new Float64Array(frame.rows).fill(1) }),
    },
    {
      name: "no label at all is insufficient_data, a partly missing or impossible one invalid_input",
      ...supervised,
      run: async () => {
        await refused("insufficient_data", "all labels missing", {
          target: new Float64Array(frame.rows).fill(Number.NaN),
        });
        for (const bad of [Number.NaN, Infinity]) {
          const labels = Float64Array.from(target);
          labels[7] = bad;
          await refused("invalid_input", `a label ${bad}`, { target: labels });
        }
        await refused("invalid_input", "too few labels", { target: target.slice(1) });
        if (kind !== "regression") {
          const outside = Float64Array.from(target);
          outside[3] = 5;
          await refused("invalid_input", "a label outside the classes", { target: outside });
        }
      },
    },
    {
      name: "weights that are not finite, negative, too few or all 0 are invalid_input",
      run: async () => {
        for (const bad of [Number.NaN, Infinity, -1]) {
          const weights = Float64Array.from(table.weights);
          weights[5] = bad;
          await refused("invalid_input", `a weight ${bad}`, { weights });
        }
        await refused("invalid_input", "too few weights", { weights: table.weights.slice(1) });
        await refused("invalid_input", "all weights 0", { weights: new Float64Array(frame.rows) });
        const times = Float64Array.from(table.times).fill(Number.NaN, 2, 3);
        await refused("invalid_input", "a time that is no number", { times });
      },
    },
    {
      name: "weights count where claimed, else are refused",
      run: async () => {
        if (!estimator.traits.weights) {
          await refused("unsupported", "weights", { weights: table.weights });
          return;
        }
        const plain = await estimator.train(input, params);
        const weighed = await estimator.train({ ...input, weights: table.weights }, params);
        const [a, b] = [plain.predict(frame), weighed.predict(frame)];
        holds(
          a.some((value, i) => value !== b[i]),
          () => "weights changed no prediction",
        );
      },
    },
    {
      name: "another task is unsupported",
      run: async () => {
        for (const other of ["binary", "multiclass", "regression", "anomaly"] as const) {
          if (estimator.tasks.includes(other)) continue;
          const asked = syntheticTable(other, 60, 1);
          await refused("unsupported", `the task ${other}`, {
            task: syntheticTask(other),
            target: asked.target,
          });
        }
      },
    },
    {
      name: "unknown parameters and values outside their range are invalid_input",
      run: async () => {
        await refused("invalid_input", "an unknown parameter", {}, { ...params, nonsense: 1 });
        for (const [name, spec] of Object.entries(estimator.params)) {
          const bad = spec.type === "number" || spec.type === "integer" ? spec.max + 1 : 12.5;
          await refused("invalid_input", `${name} = ${bad}`, {}, { ...params, [name]: bad });
        }
        await refused("invalid_input", "a seed of −1", { seed: -1 });
      },
    },
  ];
}
