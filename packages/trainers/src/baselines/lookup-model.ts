import { outputsOf, type ModelDocument, type Task, type TrainingInput } from "@pawl/core";
import { linkOf } from "../model/link.ts";
import type { ColumnEncoding } from "../linear/column-encoding.ts";
import { contributionStatistics, designOf } from "../linear/design.ts";
import { LinearModel } from "../linear/linear-model.ts";
import { standardEncodings } from "../linear/standard-encodings.ts";

/** How far a baseline's probabilities stay from 0 and 1, so that a wrong one has a finite log loss. */
const edge = 1e-6;
const inside = (p: number): number => Math.min(Math.max(p, edge), 1 - edge);

/** The margins that give these means: log-odds, log probabilities, or the mean itself. */
export function marginsOf(task: Task, means: readonly number[]): number[] {
  if (task.kind === "regression") return [...means];
  if (task.kind === "binary") return means.map((p) => Math.log(inside(p) / (1 - inside(p))));
  return means.map((p) => Math.log(inside(p)));
}

/** The weighted mean label over rows: [mean], or the share of each class. */
export function meanLabel({ task, target, weights }: TrainingInput): number[] {
  const means = Array.from({ length: outputsOf(task) }, () => 0);
  let total = 0;
  for (const [row, y] of target.entries()) {
    const weight = weights?.[row] ?? 1;
    total += weight;
    if (task.kind === "multiclass") means[y] = (means[y] ?? 0) + weight;
    else means[0] = (means[0] ?? 0) + weight * y;
  }
  return means.map((sum) => sum / total);
}

/**
 * A baseline as a linear model that reads at most one column: `encoding` with one list of margins per
 * term (in term order), or nothing but `bias`.
 */
export function lookupModel(
  input: TrainingInput,
  estimator: string,
  params: object,
  bias: readonly number[],
  lookup?: {
    readonly column: string;
    readonly encoding: ColumnEncoding;
    readonly terms: readonly (readonly number[])[];
  },
): ModelDocument {
  const { frame, task, weights, seed } = input;
  const { columns } = standardEncodings(frame, weights);
  const encodings = columns.map(
    ({ name }): ColumnEncoding => (name === lookup?.column ? lookup.encoding : { kind: "unused" }),
  );
  const outputs = outputsOf(task);
  const coefficients = Float64Array.from((lookup?.terms ?? []).flat());
  const design = designOf(frame, columns, encodings);
  const { mean, spread } = contributionStatistics(design, encodings, coefficients, outputs, weights);
  const fields = {
    estimator,
    task,
    columns,
    link: linkOf(task),
    training: { params: { ...params }, seed, rows: frame.rows },
  };
  const parts = { encodings, bias: Float64Array.from(bias), coefficients, mean, spread, state: {} };
  return new LinearModel(fields, parts).document();
}
