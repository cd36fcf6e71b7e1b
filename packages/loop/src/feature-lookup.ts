import { type Model, type Plan, spineKinds, type Value } from "@pawl/core";
import type { Ports } from "./ports.ts";

/** One row a prediction is asked for: the spine columns by name, and the moment it is asked as of. */
export interface AskedRow {
  readonly columns: Readonly<Record<string, Value>>;
  /** Microseconds. */
  readonly asOf: number;
}

/** Where served features come from: the present (fresh, microseconds) or history (any file, slower). */
export interface FeatureLookup {
  /**
   * The view's columns, in its order, for every row. For plans with models as inputs the rows hold their
   * predictions under the plan's slots.
   */
  look(
    model: Model,
    plan: Plan,
    rows: readonly AskedRow[],
    signal?: AbortSignal,
  ): Promise<readonly (readonly Value[])[]>;
}

/** Looks features up in history: exact, and as slow as reading the files. For projects without a running present. */
export function historyLookup(ports: Pick<Ports, "history">): FeatureLookup {
  return {
    async look(model, plan, rows, signal) {
      const spine = {
        kind: "rows",
        columns: { ...spineKinds(model.view.spine), [model.asOf]: "timestamp" },
        rows: rows.map((row) => ({ ...row.columns, [model.asOf]: row.asOf })),
      } as const;
      const work = signal ? { signal } : {};
      const predictions = new Map(
        plan.models.map(({ slot }) => [
          slot,
          Float64Array.from(rows, ({ columns }) => Number(columns[slot] ?? Number.NaN)),
        ]),
      );
      const filled = await ports.history.fill({ plan, spine, asOf: model.asOf, predictions }, work);
      try {
        const objects = await filled.rowObjects(work);
        return objects.map((object) => model.view.columns.map(({ name }) => object[name] ?? null));
      } finally {
        await filled.close();
      }
    },
  };
}
