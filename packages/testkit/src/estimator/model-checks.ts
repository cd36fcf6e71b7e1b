import {
  accuracy,
  auc,
  r2,
  toClasses,
  type CellValue,
  type Frame,
  type FrameColumn,
  type TrainedModel,
} from "@pawl/core";
import { holds, refuses, sameNumbers } from "./check-assertions.ts";
import type { EstimatorCase, EstimatorCheck } from "./estimator-check.ts";
import { syntheticTable } from "./synthetic-table.ts";

/** Row `row` of a frame as a record, the way a caller would send it. */
function recordOf(frame: Frame, row: number): Record<string, CellValue> {
  return Object.fromEntries(
    frame.columns.map((column): [string, CellValue] => {
      if (column.kind === "categorical")
        return [column.name, column.categories[column.codes[row] ?? -1] ?? null];
      const value = column.values[row] ?? Number.NaN;
      return [column.name, Number.isNaN(value) ? null : value];
    }),
  );
}

/** How a trained model must behave. */
export function modelChecks(subject: EstimatorCase): EstimatorCheck[] {
  const { estimator, kind, params = {}, load, learns = true } = subject;
  const table = syntheticTable(kind, 600, 9);
  const { frame, target, task } = table;
  const fresh = syntheticTable(kind, 200, 10);
  let trained: Promise<TrainedModel> | undefined;
  const model = (): Promise<TrainedModel> => {
    trained ??= estimator.train({ frame, target, task, seed: 11 }, params);
    return trained;
  };
  return [
    {
      name: "predictions are finite, and probabilities where the task has classes",
      run: async () => {
        const m = await model();
        const predictions = m.predict(fresh.frame);
        holds(predictions.length === fresh.frame.rows * m.outputs, () => `${predictions.length} predictions`);
        for (const [i, p] of predictions.entries()) {
          const inside = kind === "regression" || (p >= 0 && p <= 1);
          holds(Number.isFinite(p) && inside, () => `prediction ${p} at ${i}`);
        }
        if (kind !== "multiclass") return;
        for (let row = 0; row < fresh.frame.rows; row++) {
          const sum = predictions.slice(row * m.outputs, (row + 1) * m.outputs).reduce((a, b) => a + b, 0);
          holds(Math.abs(sum - 1) < 1e-12, () => `row ${row}: probabilities add up to ${sum}`);
        }
      },
    },
    {
      name: "learns what there is to learn",
      ...(!learns && { skip: "a baseline" }),
      ...(kind === "anomaly" && { skip: "no label to learn" }),
      run: async () => {
        const predictions = (await model()).predict(fresh.frame);
        const score =
          kind === "regression"
            ? r2(fresh.target, predictions)
            : kind === "binary"
              ? auc(fresh.target, predictions)
              : accuracy(fresh.target, toClasses(predictions, 3));
        const least = { regression: 0.5, binary: 0.75, multiclass: 0.55, anomaly: 0 }[kind];
        holds(score > least, () => `a score of ${score} on new rows, expected above ${least}`);
      },
    },
    {
      name: "is saved and loaded byte for byte",
      run: async () => {
        const m = await model();
        const back = load(m.bytes());
        sameNumbers(back.bytes(), m.bytes(), 0, "bytes");
        holds(back.hash() === m.hash(), () => "another hash");
        sameNumbers(back.predict(fresh.frame), m.predict(fresh.frame), 0, "predictions of the loaded model");
        holds(JSON.stringify(back.columns) === JSON.stringify(m.columns), () => "other columns");
        const bytes = m.bytes();
        for (const length of [0, 7, 100, bytes.length - 8]) {
          await refuses("bad_data", () => load(bytes.slice(0, length)), `the first ${length} bytes`);
        }
      },
    },
    {
      name: "scoring one row equals predicting the frame, by code and by name",
      run: async () => {
        const m = await model();
        const all = m.predict(fresh.frame);
        const out = new Float64Array(m.outputs);
        for (let row = 0; row < fresh.frame.rows; row++) {
          const expected = all.slice(row * m.outputs, (row + 1) * m.outputs);
          m.scoreRow(m.rowOf(fresh.frame, row), out);
          sameNumbers(out, expected, 1e-13, `row ${row}`);
          m.scoreRow(m.encodeRow(recordOf(fresh.frame, row)), out);
          sameNumbers(out, expected, 1e-13, `row ${row} by name`);
        }
      },
    },
    {
      name: "finds columns by name, refuses a frame without them, reads unknown categories as missing",
      run: async () => {
        const m = await model();
        const extra: FrameColumn = {
          name: "extra",
          kind: "numeric",
          values: new Float64Array(fresh.frame.rows),
        };
        const turned = { ...fresh.frame, columns: [extra, ...fresh.frame.columns.toReversed()] };
        sameNumbers(m.predict(turned), m.predict(fresh.frame), 0, "columns turned round");
        const bare = { rows: fresh.frame.rows, columns: [extra] };
        await refuses("invalid_input", () => m.predict(bare), "a frame without the columns");
        const withColour = (codes: Int32Array, categories: readonly string[]): Frame => ({
          ...fresh.frame,
          columns: fresh.frame.columns.map((column) =>
            column.name === "colour" ? { name: "colour", kind: "categorical", codes, categories } : column,
          ),
        });
        const rows = fresh.frame.rows;
        const unknown = m.predict(withColour(new Int32Array(rows), ["a colour of tomorrow"]));
        sameNumbers(unknown, m.predict(withColour(new Int32Array(rows).fill(-1), [])), 0, "unknown category");
      },
    },
    {
      name: "explanations add up to the margin, and columns that say nothing get nothing",
      run: async () => {
        const m = await model();
        const margins = m.margins(fresh.frame);
        for (let row = 0; row < 40; row++) {
          const { bias, contributions, margin } = m.explain(m.rowOf(fresh.frame, row));
          sameNumbers(
            margin,
            margins.slice(row * m.outputs, (row + 1) * m.outputs),
            1e-12,
            `margin of row ${row}`,
          );
          for (let o = 0; o < m.outputs; o++) {
            let sum = bias[o] ?? 0;
            for (let c = 0; c < m.columns.length; c++) sum += contributions[c * m.outputs + o] ?? 0;
            sameNumbers([sum], [margin[o] ?? 0], 1e-9, `row ${row}, output ${o}: bias and contributions`);
          }
          for (const name of ["constant", "nothing"]) {
            const c = m.columns.findIndex((column) => column.name === name);
            const own = contributions.slice(c * m.outputs, (c + 1) * m.outputs);
            sameNumbers(own, new Float64Array(m.outputs), 1e-12, `contribution of ${name}`);
          }
        }
      },
    },
    {
      name: "importance names every column; its shares add up to 1 or 0",
      run: async () => {
        const m = await model();
        const importance = m.importance();
        holds(importance.length === m.columns.length, () => `${importance.length} columns`);
        const sum = importance.reduce((all, { gain }) => all + gain, 0);
        holds(Math.abs(sum - 1) < 1e-9 || sum === 0, () => `shares add up to ${sum}`);
        for (const { column, gain, splits } of importance) {
          holds(gain >= 0 && splits >= 0, () => `${column}: gain ${gain}, splits ${splits}`);
          if (column === "nothing") holds(gain === 0, () => `a column without values has gain ${gain}`);
        }
      },
    },
  ];
}
