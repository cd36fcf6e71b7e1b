import { type Kind, PawlError, type Scalar } from "@pawl/core";
import type { Row } from "../facts/fact-schema.ts";

/** A change of one fact, as decided: what came, and what it took the place of. */
export interface Operation {
  readonly sequence: number;
  readonly op: "put" | "delete";
  /** The new fact, or of a delete the fact as it was. */
  readonly row: Row;
  /** The fact this replaces or removes, with its sequence. */
  readonly old?: { readonly sequence: number; readonly row: Row };
}

/** What one push did; kept under its id so that it can be answered again. */
export interface PushAnswer {
  readonly id: string;
  readonly added: number;
  readonly corrected: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly sequence: number;
  readonly asOf: number;
}

/** Consecutive changes to one source; `columns` are the source's at that time. */
export interface LogBlock {
  readonly source: string;
  readonly columns: readonly string[];
  readonly kinds: readonly Kind[];
  readonly operations: readonly Operation[];
}

/** What one commit wrote: all of it is in the log or none. */
export interface LogRecord {
  /** Sequence of the first operation; the others follow without gaps. */
  readonly first: number;
  readonly count: number;
  readonly acceptedAt: number;
  /** Readers that come after this commit look from here or later. */
  readonly floor: number;
  readonly blocks: readonly LogBlock[];
  readonly answers: readonly PushAnswer[];
}

type Cell = string | number | boolean | null;
type Wire = {
  s: number;
  c: number;
  t: number;
  f: number;
  b: { n: string; c: readonly string[]; k: readonly Kind[]; o: WireOperation[] }[];
  a: readonly PushAnswer[];
};
/** [row] new; [row, old sequence, old row] correction; [row, old sequence] delete. */
type WireOperation = [Cell[]] | [Cell[], number] | [Cell[], number, Cell[]];

/** JSON, since its numbers are exact doubles and people can read it; a bigint is its decimal text. */
export function encodeRecord(record: LogRecord): Buffer {
  const wire: Wire = {
    s: record.first,
    c: record.count,
    t: record.acceptedAt,
    f: record.floor,
    b: record.blocks.map(({ source, columns, kinds, operations }) => {
      const big = kinds.includes("bigint");
      const cells = (row: Row): Cell[] =>
        (big ? row.map((value) => (typeof value === "bigint" ? value.toString() : value)) : row) as Cell[];
      const operation = ({ op, row, old }: Operation): WireOperation => {
        if (!old) return [cells(row)];
        return op === "delete" ? [cells(row), old.sequence] : [cells(row), old.sequence, cells(old.row)];
      };
      return { n: source, c: columns, k: kinds, o: operations.map(operation) };
    }),
    a: record.answers,
  };
  return Buffer.from(JSON.stringify(wire), "utf8");
}

export function decodeRecord(bytes: Buffer): LogRecord {
  let wire: Wire;
  try {
    wire = JSON.parse(bytes.toString("utf8")) as Wire;
  } catch (cause) {
    throw new PawlError("bad_data", "A record of the log cannot be read.", { cause });
  }
  let sequence = wire.s;
  const blocks = wire.b.map(({ n, c, k, o }): LogBlock => {
    const big = k.flatMap((kind, i) => (kind === "bigint" ? [i] : []));
    const row = (cells: Cell[]): Row => {
      const values = cells as (Scalar | null)[];
      for (const i of big) {
        const cell = values[i];
        if (cell !== null && cell !== undefined) values[i] = BigInt(cell);
      }
      return values;
    };
    const operations = o.map((wired): Operation => {
      const own = sequence++;
      const [cells, oldSequence, oldCells] = wired;
      const fact = row(cells);
      if (oldSequence === undefined) return { sequence: own, op: "put", row: fact };
      if (oldCells === undefined)
        return { sequence: own, op: "delete", row: fact, old: { sequence: oldSequence, row: fact } };
      return { sequence: own, op: "put", row: fact, old: { sequence: oldSequence, row: row(oldCells) } };
    });
    return { source: n, columns: c, kinds: k, operations };
  });
  return { first: wire.s, count: wire.c, acceptedAt: wire.t, floor: wire.f, blocks, answers: wire.a };
}
