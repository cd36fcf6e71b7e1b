import {
  type ColumnNode,
  type ExprNode,
  type Lookup,
  type Plan,
  PawlError,
  type Source,
  walk,
} from "@pawl/core";
import { double, ident, list, text } from "../engine/sql.ts";
import { kindsOf, rawName, type Reach, selectColumns } from "../source/relation.ts";
import { SelectBuilder } from "../sql/select-builder.ts";
import { type EncodedArgument, encodedSql, encodingOf, meaningOf } from "./slot-encoding.ts";

type SlotNode = Plan["lookups"][number]["aggregates"][number];

/** Where a slot's argument and condition are in the record of a fact; −1 for none. */
export interface SlotColumns {
  readonly slot: string;
  readonly node: SlotNode["node"];
  readonly arg: number;
  readonly where: number;
  /** The ENUM type behind the argument's codes. */
  readonly dictionary: string | undefined;
}

/** Keys of the spine as a table: `code` 0 … count − 1 beside the key columns. */
export interface KeyTable {
  readonly table: string;
  readonly count: number;
}

/** The facts of a lookup as SQL: key code, eventTime, knownTime, arguments, conditions. */
export interface LookupQuery {
  readonly slots: readonly SlotColumns[];
  /** Doubles of a fact: eventTime, knownTime unless it is the same, arguments, conditions. */
  readonly width: number;
  /** Where knownTime is among them. */
  readonly known: 0 | 1;
  /** How many facts there are at most, where files say so. */
  readonly atMost: number | undefined;
  /** Facts per key of these codes, within reach of rows asked between two moments. */
  readonly select: (range: FactRange) => string;
  /** Facts per key code. */
  readonly counts: (range: FactRange) => string;
}

export interface FactRange {
  /** Rows are asked as of moments from `first` to `last`. */
  readonly first: number;
  readonly last: number;
  /** Only keys with codes in [from, until). */
  readonly codes?: { readonly from: number; readonly until: number };
}

/** Spine rows with a null in their key have no key: a fact without one belongs to nobody. */
export async function keyTable(
  reach: Reach,
  spine: string,
  columns: readonly string[],
  rows: { from: number; until: number },
): Promise<KeyTable> {
  const table = reach.session.fresh("keys");
  const named = columns.map((column, i) => `${ident(column)} AS k${i}`);
  const present = columns.map((column) => `${ident(column)} IS NOT NULL`);
  const distinct = `SELECT DISTINCT ${list(named)} FROM ${ident(spine)} WHERE rowid >= ${rows.from} AND rowid < ${rows.until} AND ${present.join(" AND ")}`;
  await reach.session.run(
    `CREATE TEMP TABLE ${ident(table)} AS SELECT *, (row_number() OVER () - 1)::INTEGER AS code FROM (${distinct})`,
  );
  const [row] = await reach.session.rows(`SELECT count(*)::DOUBLE FROM ${ident(table)}`);
  return { table, count: Number(row?.[0] ?? 0) };
}

/** Compiles a lookup. Makes dictionaries for text, which takes a pass over those columns. */
export async function lookupQuery(
  reach: Reach,
  lookup: Lookup,
  keys: KeyTable,
  ignoreKnownTime: boolean,
): Promise<LookupQuery> {
  const { source } = lookup;
  const known: ExprNode = ignoreKnownTime
    ? { op: "column", kind: "timestamp", name: source.eventTime }
    : source.knownTime;
  const args = new Map<string, EncodedArgument>();
  const wheres = new Map<string, ExprNode>();
  const places = lookup.aggregates.map(({ slot, node }) => {
    const argument = encodingOf(node);
    const arg = argument ? place(args, meaningOf(argument), argument) : -1;
    const where = node.where ? place(wheres, JSON.stringify(node.where), node.where) : -1;
    return { slot, node, arg, where };
  });
  const read = new Set<string>([source.eventTime, ...lookup.by]);
  const nodes = [known, ...wheres.values(), ...[...args.values()].map((a) => a.node)];
  for (const node of nodes) walk(node, (inner) => inner.op === "column" && read.add(inner.name));
  const raw = new Set([...args.values()].flatMap(({ node }) => (isRaw(node) ? [node.name] : [])));
  const kinds = kindsOf(source.columns, read);
  const from = await selectColumns(reach, source.name, reach.locate(source), kinds, raw);
  const matches = lookup.by.map((column, i) => `f.${ident(column)} = k.k${i}`).join(" AND ");
  const joined = `(SELECT f.*, k.code AS "$code" FROM (${from}) f JOIN ${ident(keys.table)} k ON ${matches})`;
  const builderOver = (relation: string): SelectBuilder =>
    new SelectBuilder(relation, {
      column: ({ name }) => ident(name),
      asOf: () => {
        throw new PawlError("internal", "A fact has no asOf.");
      },
    });

  const dictionaries: (string | undefined)[] = [];
  for (const { node, encoding } of args.values()) {
    if (encoding !== "code") {
      dictionaries.push(undefined);
      continue;
    }
    const type = ident(reach.session.fresh("dictionary"));
    const values = `SELECT DISTINCT v FROM (${builderOver(joined).add("v", node).build()}) WHERE v IS NOT NULL`;
    await reach.session.run(
      `CREATE TEMP TYPE ${type} AS ENUM (SELECT v::VARCHAR FROM (${values}) ORDER BY v)`,
    );
    dictionaries.push(type);
  }

  const builder = builderOver(joined).addSql("$code", `"$code"`);
  builder.addSql("$event", ident(source.eventTime));
  // Facts known when they happen have one time, not two: a column less to move.
  const isKnownAtOnce = known.op === "column" && known.name === source.eventTime;
  if (!isKnownAtOnce) builder.add("$known", known);
  const times = isKnownAtOnce ? 1 : 2;
  for (const [i, { node, encoding }] of [...args.values()].entries()) {
    if (encoding === "number" && isRaw(node)) builder.addSql(`$arg${i}`, ident(rawName(node.name)));
    else builder.add(`$arg${i}`, node, (sql) => encodedSql(sql, node.kind, encoding, dictionaries[i]));
  }
  for (const [i, node] of [...wheres.values()].entries()) {
    builder.add(`$where${i}`, node, (sql) => `CASE WHEN ${sql} THEN 1::DOUBLE ELSE 0::DOUBLE END`);
  }
  const facts = builder.build();
  const widest = widestReach(lookup);
  // knownTime is looked at by the sweep alone: a filter here would compute it twice.
  const within = ({ first, last, codes }: FactRange): string =>
    [
      widest === undefined ? `"$event" IS NOT NULL` : `"$event" >= ${double(first - widest)}`,
      ...(isKnownAtOnce ? [`"$event" < ${double(last)}`] : []),
      ...(codes ? [`"$code" >= ${codes.from}`, `"$code" < ${codes.until}`] : []),
    ].join(" AND ");
  return {
    slots: places.map(({ slot, node, arg, where }) => ({
      slot,
      node,
      arg: arg < 0 ? -1 : times + arg,
      where: where < 0 ? -1 : times + args.size + where,
      dictionary: arg < 0 ? undefined : dictionaries[arg],
    })),
    known: isKnownAtOnce ? 0 : 1,
    width: times + args.size + wheres.size,
    atMost: await countFacts(reach, lookup.source),
    select: (range) => `SELECT * FROM (${facts}) WHERE ${within(range)}`,
    counts: (range) =>
      `SELECT "$code", count(*)::DOUBLE FROM (${facts}) WHERE ${within(range)} GROUP BY "$code" ORDER BY "$code"`,
  };
}

/** A float column as it is: the sweep's reader leaves out what is not finite. */
function isRaw(node: ExprNode): node is ColumnNode {
  return node.op === "column" && node.kind === "float";
}

/** Rows of Parquet files, from their metadata: room is then made once. */
async function countFacts(reach: Reach, source: Source): Promise<number | undefined> {
  let total = 0;
  for (const location of reach.locate(source)) {
    if (location.kind !== "parquet") return undefined;
    const path = text(reach.containment.resolve(location.path));
    const [row] = await reach.session.rows(
      `SELECT sum(num_rows)::DOUBLE FROM parquet_file_metadata(${path})`,
    );
    total += Number(row?.[0] ?? 0);
  }
  return total;
}

function place<V>(map: Map<string, V>, meaning: string, value: V): number {
  if (!map.has(meaning)) map.set(meaning, value);
  return [...map.keys()].indexOf(meaning);
}

/** How long before asOf a fact may have happened and still be seen; undefined for a lifetime. */
function widestReach(lookup: Lookup): number | undefined {
  let widest = 0;
  for (const { node } of lookup.aggregates) {
    const { width, lag = 0 } = node.window;
    if (width === undefined) return undefined;
    widest = Math.max(widest, width + lag);
  }
  return widest;
}
