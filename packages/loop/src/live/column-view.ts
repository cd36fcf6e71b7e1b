import { type Plan, plan, type Source, view } from "@pawl/core";

/** A plan that reads a source's own columns and nothing else: its facts, row by row. */
export function columnPlan(source: Source): Plan {
  const items = Object.keys(source.columns);
  return plan(view(`${source.name}_columns`.slice(0, 63), { spine: source.columns, items }), new Map());
}
