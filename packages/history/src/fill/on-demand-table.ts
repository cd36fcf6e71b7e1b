import {
  type Evaluate,
  type LeafNode,
  outputEvaluators,
  type Plan,
  PawlError,
  type Value,
  type Work,
} from "@pawl/core";
import { type AppendColumn, createTable } from "../engine/append.ts";
import type { Reach } from "../source/relation.ts";
import type { OnDemandOutput } from "./fill.ts";
import { readBatches } from "./read-batches.ts";

/** Runs on-demand functions over the inputs in the result table; their values become a table of their own. */
export async function onDemandTable(
  reach: Reach,
  result: string,
  rows: number,
  onDemand: readonly OnDemandOutput[],
  work: Work,
): Promise<string> {
  const columns = onDemand.flatMap(({ inputs }) => inputs);
  let offset = 0;
  const evaluators = onDemand.map((one) => {
    const evaluate = evaluatorOf(one, offset);
    offset += one.inputs.length;
    return evaluate;
  });
  const values: Value[][] = onDemand.map(() => []);
  for await (const batch of readBatches(reach.session, `"${result}"`, columns, work)) {
    const cells = batch.columns.map(({ values, kind }) => ({ values, kind }));
    for (let row = 0; row < batch.rows; row++) {
      const input = cells.map(({ values, kind }) => plainValue(values[row] as Value, kind));
      for (const [i, evaluate] of evaluators.entries()) values[i]?.push(evaluate(input));
    }
    work.onProgress?.({ stage: "running on-demand features", done: batch.start + batch.rows, total: rows });
  }
  const table = reach.session.fresh("on_demand");
  const data = onDemand.map(({ sqlName, output }, i): AppendColumn => {
    const own = values[i] ?? [];
    if (output.kind === "string") return { name: sqlName, type: "VARCHAR", values: own as (string | null)[] };
    if (output.kind === "bigint") return { name: sqlName, type: "BIGINT", values: own as (bigint | null)[] };
    if (output.kind === "bool") return { name: sqlName, type: "BOOLEAN", values: own as (boolean | null)[] };
    return {
      name: sqlName,
      type: "DOUBLE",
      values: Float64Array.from(own, (x) => (x === null ? Number.NaN : Number(x))),
    };
  });
  const raw = `${table}_raw`;
  await createTable(reach.session, raw, data, rows);
  const shown = data.map(({ name, type }) =>
    type === "DOUBLE" ? `nullif(${name}, 'nan'::DOUBLE) AS ${name}` : name,
  );
  await reach.session.run(`CREATE TEMP VIEW ${table} AS SELECT ${shown.join(", ")} FROM ${raw}`);
  return table;
}

/** The core's own evaluator over inputs that are already computed; it also checks what the function returns. */
function evaluatorOf({ output, inputs }: OnDemandOutput, offset: number): Evaluate<readonly Value[]> {
  if (!output.onDemand) throw new PawlError("internal", `"${output.name}" is not computed on demand.`);
  const plan: Plan = {
    lookups: [],
    models: [],
    outputs: [
      {
        ...output,
        onDemand: {
          use: output.onDemand.use,
          inputs: Object.fromEntries(
            inputs.map(({ name, kind }, i) => [
              name,
              { op: "column", kind: kind as "float", name: String(offset + i) },
            ]),
          ),
        },
      },
    ],
  };
  const read = (leaf: LeafNode): Evaluate<readonly Value[]> => {
    const at = leaf.op === "column" ? Number(leaf.name) : -1;
    return (row) => row[at] ?? null;
  };
  const [evaluate] = outputEvaluators(plan, read);
  if (!evaluate) throw new PawlError("internal", `"${output.name}" cannot be evaluated.`);
  return evaluate;
}

/** A cell of a batch as the core knows it. */
export function plainValue(value: Value, kind: string): Value {
  if (typeof value !== "number") return value;
  if (Number.isNaN(value)) return null;
  return kind === "bool" ? value === 1 : value;
}
