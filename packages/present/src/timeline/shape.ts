import type { ScalarKind } from "@pawl/core";
import type { Row } from "../facts/fact-schema.ts";

/** A column of a timeline: where it comes from in the fact, and where it goes. */
export interface ShapeColumn {
  readonly name: string;
  readonly kind: ScalarKind;
  /** Position in the source's row. */
  readonly from: number;
  /** Numbers, moments, durations and booleans lie among the numbers; text and bigints apart. */
  readonly numeric: boolean;
  /** Position among the numbers of a fact, or among its texts. */
  readonly slot: number;
}

/** How the facts of one index are laid out: per fact, eventTime, knownTime, sequence and the columns features use. */
export interface Shape {
  readonly columns: readonly ShapeColumn[];
  /** Numbers per fact. */
  readonly stride: number;
  readonly texts: number;
  /** Most facts in a leaf: about 1,900 bytes, so that a leaf lies inside a page of the store. */
  readonly leafFacts: number;
  /** Most children of an inner node: 72 bytes each, inside a page of the store. */
  readonly innerChildren: number;
}

/** Sizes of nodes; small ones make deep trees of few facts, for tests. */
export interface NodeSizes {
  readonly leafFacts: number;
  readonly innerChildren: number;
}

export const timeFields = 3;

export function shapeOf(
  columns: readonly { readonly name: string; readonly kind: ScalarKind; readonly from: number }[],
  sizes?: NodeSizes,
): Shape {
  let [numbers, texts] = [timeFields, 0];
  const placed = columns.map(({ name, kind, from }): ShapeColumn => {
    const numeric = kind !== "string" && kind !== "bigint";
    return { name, kind, from, numeric, slot: numeric ? numbers++ : texts++ };
  });
  const leafFacts = Math.max(16, Math.min(48, Math.floor(1900 / (numbers * 8 + texts * 12))));
  return { columns: placed, stride: numbers, texts, leafFacts, innerChildren: 16, ...sizes };
}

export type TextCell = string | bigint | null;

/** The numbers of a fact; null is NaN, which no fact holds, and booleans are 0 and 1. */
export function numbersOf(
  shape: Shape,
  eventTime: number,
  knownTime: number,
  sequence: number,
  row: Row,
): number[] {
  const numbers = [eventTime, knownTime, sequence];
  for (const column of shape.columns) {
    if (!column.numeric) continue;
    const value = row[column.from];
    numbers.push(value === null || value === undefined ? Number.NaN : Number(value));
  }
  return numbers;
}

export function textsOf(shape: Shape, row: Row): TextCell[] {
  const texts: TextCell[] = [];
  for (const column of shape.columns) {
    if (!column.numeric) texts.push((row[column.from] ?? null) as TextCell);
  }
  return texts;
}
