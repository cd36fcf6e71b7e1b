import type { Frame } from "@pawl/core";
import { columnReaders, readCell } from "../model/model-rows.ts";
import type { ModelColumn } from "@pawl/core";
import { doorValue, levelOf, type ColumnEncoding } from "./column-encoding.ts";
import { termStarts } from "./linear-model.ts";

/** One column of the design: a dense term with its missing flag, or the one-hot term of each row. */
type DesignBlock =
  | {
      readonly kind: "dense";
      readonly start: number;
      readonly values: Float64Array;
      readonly missing: Uint8Array;
    }
  | { readonly kind: "oneHot"; readonly start: number; readonly term: Int32Array };

/** A frame in a linear model's terms, kept sparse. */
export interface Design {
  readonly rows: number;
  readonly terms: number;
  readonly blocks: readonly DesignBlock[];
}

/** Reads a frame through encodings. */
export function designOf(
  frame: Frame,
  columns: readonly ModelColumn[],
  encodings: readonly ColumnEncoding[],
): Design {
  const { rows } = frame;
  const starts = termStarts(encodings);
  const readers = columnReaders(columns, frame);
  const blocks = encodings.flatMap((encoding, c): DesignBlock[] => {
    const reader = readers[c];
    const start = starts[c] ?? 0;
    if (reader === undefined || encoding.kind === "unused") return [];
    if (encoding.kind !== "numeric") {
      const term = Int32Array.from(
        { length: rows },
        (_, row) => start + levelOf(encoding, readCell(reader, row)),
      );
      return [{ kind: "oneHot", start, term }];
    }
    const values = new Float64Array(rows);
    const missing = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) {
      const x = readCell(reader, row);
      if (Number.isNaN(x)) missing[row] = 1;
      else values[row] = (doorValue(x) - encoding.center) / encoding.scale;
    }
    return [{ kind: "dense", start, values, missing }];
  });
  return { rows, terms: starts.at(-1) ?? 0, blocks };
}

/** `margins[row · outputs + output] += Σ terms · coefficients` over all blocks. */
export function addMargins(
  design: Design,
  coefficients: Float64Array,
  outputs: number,
  margins: Float64Array,
): void {
  for (const block of design.blocks) {
    for (let row = 0; row < design.rows; row++) {
      const at = row * outputs;
      if (block.kind === "oneHot") {
        const from = (block.term[row] as number) * outputs;
        for (let o = 0; o < outputs; o++) {
          margins[at + o] = (margins[at + o] as number) + (coefficients[from + o] as number);
        }
        continue;
      }
      const missing = block.missing[row] === 1;
      const value = missing ? 1 : (block.values[row] as number);
      const from = (block.start + (missing ? 1 : 0)) * outputs;
      for (let o = 0; o < outputs; o++) {
        margins[at + o] = (margins[at + o] as number) + value * (coefficients[from + o] as number);
      }
    }
  }
}

/** `gradient[term · outputs + output] += Σ rows term · residual`: the transpose of `addMargins`. */
export function addGradient(
  design: Design,
  residual: Float64Array,
  outputs: number,
  gradient: Float64Array,
): void {
  for (const block of design.blocks) {
    for (let row = 0; row < design.rows; row++) {
      const at = row * outputs;
      const missing = block.kind === "dense" && block.missing[row] === 1;
      const value = block.kind === "oneHot" || missing ? 1 : (block.values[row] as number);
      const term = block.kind === "oneHot" ? (block.term[row] as number) : block.start + (missing ? 1 : 0);
      for (let o = 0; o < outputs; o++) {
        const to = term * outputs + o;
        gradient[to] = (gradient[to] as number) + value * (residual[at + o] as number);
      }
    }
  }
}

/** Each column's mean contribution per output and mean absolute deviation from it, row-weighted. */
export function contributionStatistics(
  design: Design,
  encodings: readonly ColumnEncoding[],
  coefficients: Float64Array,
  outputs: number,
  weights: Float64Array | undefined,
): { readonly mean: Float64Array; readonly spread: Float64Array } {
  const starts = termStarts(encodings);
  const mean = new Float64Array(encodings.length * outputs);
  const spread = new Float64Array(encodings.length);
  let total = 0;
  for (let row = 0; row < design.rows; row++) total += weights?.[row] ?? 1;
  for (const block of design.blocks) {
    const column = encodings.findIndex(
      (encoding, c) => starts[c] === block.start && encoding.kind !== "unused",
    );
    const own = new Float64Array(design.rows * outputs);
    addMargins({ ...design, blocks: [block] }, coefficients, outputs, own);
    // Measured from the first row, so that a constant contribution has a spread of exactly 0.
    for (let o = 0; o < outputs; o++) mean[column * outputs + o] = own[o] ?? 0;
    const first = own.slice(0, outputs);
    for (let i = 0; i < own.length; i++) {
      const at = column * outputs + (i % outputs);
      const away = (own[i] ?? 0) - (first[i % outputs] ?? 0);
      mean[at] = (mean[at] ?? 0) + ((weights?.[Math.floor(i / outputs)] ?? 1) * away) / total;
    }
    for (let i = 0; i < own.length; i++) {
      const far = Math.abs((own[i] ?? 0) - (mean[column * outputs + (i % outputs)] ?? 0));
      spread[column] = (spread[column] ?? 0) + ((weights?.[Math.floor(i / outputs)] ?? 1) * far) / total;
    }
  }
  return { mean, spread };
}
