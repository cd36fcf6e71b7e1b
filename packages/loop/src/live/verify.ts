import {
  formatInstant,
  instant,
  type JsonValue,
  type Model,
  parseInstant,
  PawlError,
  type Plan,
  plan,
  spineKinds,
  type Value,
  type Work,
  writeValue,
} from "@pawl/core";
import type { OnlineStore } from "@pawl/present";
import { findModel } from "../find-model.ts";
import type { Ports } from "../ports.ts";

export interface VerifyRequest {
  readonly model: string;
  /** Training rows to ask again; default 1,000. */
  readonly rows?: number;
  readonly seed?: number;
  /** Only rows asked about in [from, until). */
  readonly from?: string;
  readonly until?: string;
}

/** One value that is not the same in history and in the present. */
export interface Disagreement {
  readonly column: string;
  readonly row: Readonly<Record<string, JsonValue>>;
  readonly asOf: string;
  readonly history: JsonValue;
  readonly present: JsonValue;
  readonly status: string;
}

export interface Verification {
  readonly model: string;
  readonly rows: number;
  readonly values: number;
  /** Values that differ by more than the stated error. */
  readonly different: number;
  /** At most 100 of them. */
  readonly disagreements: readonly Disagreement[];
}

/** Relative error allowed for decayed aggregates and expressions of floats; all else must be equal. */
const allowed = 1e-9;
const mostListed = 100;
const atOnce = 200;

/**
 * Law 2 on a live installation: takes rows of the model's spine, fills them by history, asks the present for
 * the same rows as of the same moments, and reports every value that differs.
 */
export async function verify(
  ports: Ports,
  present: OnlineStore,
  request: VerifyRequest,
  work: Work = {},
): Promise<Verification> {
  const model = findModel(ports.catalog, request.model);
  const sample = { rows: request.rows ?? 1000, seed: request.seed ?? 1 };
  const expected = await ports.history.fill(
    {
      plan: rowPlan(ports, model),
      spine: {
        kind: "source",
        source: model.spine,
        sample,
        ...(model.where && { where: model.where }),
        ...(request.from !== undefined && { from: parseInstant(request.from) }),
        ...(request.until !== undefined && { until: parseInstant(request.until) }),
      },
      asOf: model.asOf,
    },
    work,
  );
  const names = model.view.columns.map(({ name }) => name);
  const kinds = model.view.columns.map(({ kind }) => kind);
  try {
    const rows = await expected.rowObjects(work);
    if (rows.length === 0) {
      throw new PawlError("insufficient_data", `There are no rows of "${request.model}" to verify.`, {
        next: "Widen --from and --until.",
      });
    }
    const disagreements: Disagreement[] = [];
    let different = 0;
    for (let start = 0; start < rows.length; start += atOnce) {
      work.signal?.throwIfAborted();
      const part = rows.slice(start, start + atOnce);
      const spine = part.map((row) => spineOf(row, model));
      const asOf = spine.map((row) => instant(Number(row[model.asOf])));
      const found = await present.vectors(model.view, spine, { asOf });
      for (const [r, row] of part.entries()) {
        for (const [c, name] of names.entries()) {
          const kind = kinds[c] ?? "float";
          const [there, here] = [row[name] ?? null, found.values[r]?.[c] ?? null];
          if (alike(there, here)) continue;
          different++;
          if (disagreements.length >= mostListed) continue;
          disagreements.push({
            column: name,
            row: jsonRow(spine[r] ?? {}, model),
            asOf: formatInstant(asOf[r] ?? instant(0)),
            history: writeValue(kind, there),
            present: writeValue(kind, here),
            status: found.statuses[r]?.[c] ?? "?",
          });
        }
      }
      work.onProgress?.({ stage: "asking the present", done: start + part.length, total: rows.length });
    }
    return {
      model: request.model,
      rows: rows.length,
      values: rows.length * names.length,
      different,
      disagreements,
    };
  } finally {
    await expected.close();
  }
}

const prefix = "$spine.";

/** The model's view, and beside it the spine columns of the row, so that the row can be asked about again. */
function rowPlan(ports: Ports, model: Model): Plan {
  const made = plan(model.view, ports.catalog.groups);
  const spine = Object.entries(spineKinds(model.view.spine)).map(([name, kind]) => ({
    name: `${prefix}${name}`,
    kind,
    node: { op: "column", kind, name } as const,
  }));
  return { ...made, outputs: [...made.outputs, ...spine] };
}

function spineOf(row: Readonly<Record<string, Value>>, model: Model): Record<string, Value> {
  const columns = Object.keys(model.view.spine);
  return Object.fromEntries(columns.map((name) => [name, row[`${prefix}${name}`] ?? null]));
}

function jsonRow(row: Readonly<Record<string, Value>>, model: Model): Record<string, JsonValue> {
  const kinds = spineKinds(model.view.spine);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, writeValue(kinds[name] ?? "string", value)]),
  );
}

function alike(a: Value, b: Value): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item: Value, i) => alike(item, b[i] as Value));
  }
  if (typeof a === "number" && typeof b === "number") {
    return a === b || Math.abs(a - b) <= allowed * Math.max(Math.abs(a), Math.abs(b));
  }
  return a === b;
}
