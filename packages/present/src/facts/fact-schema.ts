import {
  type Evaluate,
  evaluator,
  type InstantInput,
  instant,
  PawlError,
  parseInstant,
  type Scalar,
  type ScalarKind,
  type Source,
} from "@pawl/core";
import type { FactInput } from "../present.ts";

/** A fact as it is kept: values in the order of the source's columns. */
export type Row = readonly (Scalar | null)[];

/** How facts of one source enter. */
export interface FactSchema {
  readonly source: Source;
  readonly columns: readonly string[];
  readonly kinds: readonly ScalarKind[];
  readonly position: ReadonlyMap<string, number>;
  /** Position of the eventTime column. */
  readonly eventTime: number;
  /** When a fact was learned, in µs; null when it does not say: then no feature ever sees it. */
  knownTime(row: Row): number | null;
  /** The text of the source's key, or undefined for a source without one. */
  keyOf(row: Row): string | undefined;
  /** Reads one fact; `problem` gets every fault in it. */
  read(fact: FactInput, problem: (message: string) => void): Row;
  /** Reads the key columns alone, into a row whose other columns are null. */
  readKey(fact: FactInput, problem: (message: string) => void): Row;
}

/** `kept` are all columns the source ever had, in the order of stored rows. */
export function factSchema(
  source: Source,
  kept: readonly { readonly name: string; readonly kind: ScalarKind }[],
): FactSchema {
  const columns = kept.map(({ name }) => name);
  const position = new Map(columns.map((name, i) => [name, i]));
  const kinds = kept.map(({ kind }) => kind);
  const declared = Object.keys(source.columns);
  const at = (name: string): number => position.get(name) ?? -1;
  const eventTime = at(source.eventTime);
  const keys = source.key.map(at);
  const required = [...new Set([eventTime, ...keys])];
  const known = evaluator<Row>(source.knownTime, (node) => {
    if (node.op !== "column")
      throw new PawlError("internal", `knownTime of "${source.name}" has no ${node.op}.`);
    const i = at(node.name);
    return (row) => row[i] ?? null;
  }) as Evaluate<Row>;

  const readColumns = (
    fact: FactInput,
    which: readonly number[],
    problem: (message: string) => void,
  ): (Scalar | null)[] => {
    const row: (Scalar | null)[] = Array.from({ length: columns.length }, () => null);
    for (const i of which) {
      const name = columns[i] as string;
      const given = fact[name];
      if (given === undefined || given === null) continue;
      const value = readValue(kinds[i] as ScalarKind, given);
      if (value instanceof Problem) problem(`"${name}" ${value.message}`);
      else row[i] = value;
    }
    return row;
  };
  const refuseUnknown = (fact: FactInput, problem: (message: string) => void): void => {
    for (const name in fact) {
      if (!Object.hasOwn(source.columns, name))
        problem(`"${name}" is no column of "${source.name}" (${declared.join(", ")})`);
    }
  };
  const requireValues = (row: Row, which: readonly number[], problem: (message: string) => void): void => {
    for (const i of which) if (row[i] === null) problem(`"${columns[i]}" is missing`);
  };
  const all = declared.map(at);
  return {
    source,
    columns,
    kinds,
    position,
    eventTime,
    knownTime: (row) => known(row) as number | null,
    keyOf: (row) => (keys.length === 0 ? undefined : keyText(row, keys)),
    read: (fact, problem) => {
      refuseUnknown(fact, problem);
      const row = readColumns(fact, all, problem);
      requireValues(row, required, problem);
      return row;
    },
    readKey: (fact, problem) => {
      const row = readColumns(fact, keys, problem);
      requireValues(row, keys, problem);
      return row;
    },
  };
}

/** What is wrong with a value: not thrown, since a batch reports all its faults at once. */
export class Problem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

const shown = (value: unknown): string => {
  const text = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const int64 = 2n ** 63n;

/** Reads one value of a kind; null, NaN and ±∞ (of a float) are null. */
export function readValue(kind: ScalarKind, given: unknown): Scalar | null | Problem {
  if (given === null || given === undefined) return null;
  switch (kind) {
    case "string":
      if (typeof given !== "string") break;
      if (!wellFormed(given)) return new Problem("holds half a character (a lone UTF-16 surrogate)");
      return given;
    case "int":
    case "duration":
      // + 0 makes −0 into 0: they are one value.
      if (Number.isSafeInteger(given)) return (given as number) + 0;
      break;
    case "bigint":
      if (typeof given === "bigint" && given >= -int64 && given < int64) return given;
      if (Number.isSafeInteger(given)) return BigInt(given as number);
      if (typeof given === "string" && /^-?\d{1,19}$/.test(given)) {
        const value = BigInt(given);
        if (value >= -int64 && value < int64) return value;
      }
      break;
    case "float":
      if (typeof given === "number") return Number.isFinite(given) ? given + 0 : null;
      break;
    case "bool":
      if (typeof given === "boolean") return given;
      break;
    case "timestamp":
      if (typeof given === "number" && Number.isSafeInteger(given)) return given + 0;
      if (typeof given === "string" || given instanceof Date) {
        try {
          return parseInstant(given as InstantInput);
        } catch {
          break;
        }
      }
      break;
  }
  return new Problem(`is ${shown(given)}, not ${expected[kind]}`);
}

const expected: { readonly [K in ScalarKind]: string } = {
  string: "text",
  int: "a whole number up to 2⁵³ − 1",
  bigint: "a whole number of 64 bits (a bigint, or its decimal text)",
  float: "a number",
  bool: "true or false",
  timestamp: "a moment (ISO 8601 text, a Date, or whole microseconds)",
  duration: "a duration in whole microseconds",
};

/** `isWellFormed` is not in the es2023 library of TypeScript. */
function wellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/**
 * Key values as one text; different keys never share one. Parts are joined by NUL; NUL and SOH inside text
 * are escaped.
 */
export function keyText(row: Row, positions: readonly number[]): string {
  if (positions.length === 1) return part(row[positions[0] as number] ?? null);
  let text = part(row[positions[0] as number] ?? null);
  for (let i = 1; i < positions.length; i++) text += `\u0000${part(row[positions[i] as number] ?? null)}`;
  return text;
}

function part(value: Scalar | null): string {
  if (typeof value !== "string") return String(value);
  if (!value.includes("\u0000") && !value.includes("\u0001")) return value;
  return value.replaceAll("\u0001", "\u0001\u0002").replaceAll("\u0000", "\u0001\u0003");
}

/** The longest key in bytes of UTF-8; stores keep keys in their tree's pages. */
export const longestKey = 1024;

export function tooLong(key: string): boolean {
  return key.length > longestKey / 3 && Buffer.byteLength(key, "utf8") > longestKey;
}

/** A moment given by a caller, or a refusal that names the place. */
export function momentOf(given: InstantInput): number {
  return typeof given === "number" ? instant(given) : parseInstant(given);
}
