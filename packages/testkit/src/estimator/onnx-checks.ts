import { seededRandom, type TrainedModel } from "@pawl/core";
import { holds, refuses } from "./check-assertions.ts";
import type { EstimatorCase, EstimatorCheck } from "./estimator-check.ts";
import { syntheticTable } from "./synthetic-table.ts";

/** How far an ONNX answer may be from ours: absolute for probabilities, relative for other numbers. */
export const onnxTolerance = 1e-6;

const extremes = [0, -0, 1e-40, -1e-40, 1e30, -1e30, 3.4e38, -3.4e38, 1e300, -1e300, Infinity, -Infinity];

/** The exported model must give our own answers. */
export function onnxChecks(subject: EstimatorCase): EstimatorCheck[] {
  const { estimator, kind, params = {}, onnx } = subject;
  const { frame, target, task } = syntheticTable(kind, 600, 12);
  const { traits } = estimator;
  if (traits.onnx !== true) {
    return [
      {
        name: "refuses to be exported to ONNX",
        run: async () => {
          const model = await estimator.train({ frame, target, task, seed: 13 }, params);
          await refuses("unsupported", () => model.toOnnx(), "toOnnx");
        },
      },
    ];
  }
  return [
    {
      name: "its ONNX export gives the same answers: missing, unseen and extreme values included",
      ...(onnx === undefined && { skip: "no ONNX runtime given to the suite" }),
      run: async () => {
        if (onnx === undefined) return;
        const model = await estimator.train({ frame, target, task, seed: 13 }, params);
        const rows = awkwardRows(model, syntheticTable(kind, 200, 14).frame);
        const features = Float32Array.from(rows.flatMap((row) => [...row]));
        const { prediction, margin } = await onnx(model.toOnnx(), features, rows.length);
        const out = new Float64Array(model.outputs);
        for (const [r, row] of rows.entries()) {
          model.scoreRow(row, out);
          const { margin: margins } = model.explain(row);
          for (let o = 0; o < model.outputs; o++) {
            const at = r * model.outputs + o;
            near(prediction[at], out[o] ?? 0, () => `prediction of row ${r} [${[...row].join(", ")}]`);
            near(margin[at], margins[o] ?? 0, () => `margin of row ${r} [${[...row].join(", ")}]`);
          }
        }
      },
    },
  ];
}

function near(found: number | undefined, ours: number, what: () => string): void {
  // Ours in the runtime's own precision: beyond it both are infinite.
  const expected = Math.fround(ours);
  if (found === expected) return;
  const allowed = onnxTolerance * Math.max(1, Math.abs(expected));
  holds(
    found !== undefined && Math.abs(found - expected) <= allowed,
    () => `${what()}: ONNX says ${found}, we say ${expected}`,
  );
}

/** Ordinary rows, rows with cells missing, and rows with one extreme number or any known category. */
function awkwardRows(model: TrainedModel, frame: Parameters<TrainedModel["rowOf"]>[0]): Float64Array[] {
  const random = seededRandom(15);
  return Array.from({ length: 600 }, (_, i) => {
    const row = model.rowOf(frame, i % frame.rows);
    if (i < 100) return row;
    const c = random.below(row.length);
    const column = model.columns[c];
    if (i % 3 === 0) row[c] = Number.NaN;
    else if (column?.kind === "categorical") row[c] = random.below(Math.max(1, column.categories.length));
    else row[c] = i % 3 === 1 ? (extremes[random.below(extremes.length)] ?? 0) : random.normal() * 3;
    if (i > 550) row.fill(Number.NaN);
    return row;
  });
}
