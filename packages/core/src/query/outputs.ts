import type { ScalarKind, Value } from "../definitions/kind.ts";
import type { OnDemand } from "../definitions/on-demand.ts";
import { PawlError } from "../errors.ts";
import { type Evaluate, evaluator, type LeafNode } from "./evaluate.ts";
import type { Output, Plan } from "./plan.ts";

/** Compiles the outputs of a plan, in their order. `leaf` reads spine columns, slots and `asOf` from a row. */
export function outputEvaluators<Row>(
  plan: Plan,
  leaf: (node: LeafNode) => Evaluate<Row>,
): readonly Evaluate<Row>[] {
  return plan.outputs.map((output) => outputEvaluator(output, leaf));
}

function outputEvaluator<Row>(output: Output, leaf: (node: LeafNode) => Evaluate<Row>): Evaluate<Row> {
  if (output.node) return evaluator(output.node, leaf);
  const { onDemand } = output;
  if (!onDemand) throw new PawlError("internal", `Output "${output.name}" of a plan has no meaning.`);
  const inputs = Object.entries(onDemand.inputs).map(
    ([name, node]) => [name, evaluator(node, leaf)] as const,
  );
  return (row) => {
    const given: Record<string, Value> = {};
    for (const [name, read] of inputs) given[name] = read(row);
    return onDemandResult(onDemand.use, onDemand.use.compute(given));
  };
}

/** What an on-demand function gave, as a value: nothing, NaN and ±∞ are null; another kind is refused. */
function onDemandResult(use: OnDemand, result: unknown): Value {
  if (result === undefined || result === null) return null;
  if (typeof result === "number" && !Number.isFinite(result)) return null;
  if (fits(use.returns, result)) return result as Value;
  throw new PawlError("invalid_definition", `The on-demand feature "${use.name}" broke its promise.`, {
    found: typeof result === "number" ? String(result) : typeof result,
    expected: use.returns,
    next: "Correct the function, or what it says it returns.",
  });
}

function fits(kind: ScalarKind, value: unknown): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "bigint":
      return typeof value === "bigint";
    case "float":
      return typeof value === "number";
    case "int":
    case "timestamp":
    case "duration":
      return Number.isInteger(value);
  }
}
