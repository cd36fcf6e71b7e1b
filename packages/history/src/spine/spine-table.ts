import {
  type ExprNode,
  instant,
  type InstantInput,
  parseInstant,
  PawlError,
  type ScalarKind,
  spineKinds,
  walk,
} from "@pawl/core";
import { createTable } from "../engine/append.ts";
import { double, ident, list, text } from "../engine/sql.ts";
import { kindsOf, type Reach, selectColumns } from "../source/relation.ts";
import { SelectBuilder } from "../sql/select-builder.ts";
import { rowColumns } from "./row-columns.ts";
import type { AsOf, Sample, Spine, SpineKinds } from "./spine.ts";

/** The column of the table that holds each row's moment. */
export const asOfColumn = "$as_of";
/** The columns of the table that hold the label and when it became known, when asked for. */
export const labelColumn = "$label";
export const labelKnownColumn = "$label_known";

/** A spine as a temporary table, rows in order: `rowid` is the position. Moments are DOUBLE, µs. */
export interface SpineTable {
  readonly table: string;
  readonly rows: number;
  /** Rows whose asOf is null: nothing is known as of no moment. */
  readonly timeless: number;
  readonly columns: Readonly<Record<string, ScalarKind>>;
}

export interface SpineNeeds {
  /** Columns that keys and outputs read. */
  readonly columns: ReadonlySet<string>;
  /** Extra columns over one fact, for spines made of a source. */
  readonly extra?: readonly { readonly name: string; readonly kind: ScalarKind; readonly node: ExprNode }[];
}

/** Kinds of the columns a spine has. */
export function spineColumnKinds(spine: Spine): SpineKinds {
  if (spine.kind !== "source") return spine.columns;
  return spineKinds(spine.source.columns);
}

/** Reads a spine. */
export async function spineTable(
  reach: Reach,
  spine: Spine,
  asOf: AsOf,
  needs: SpineNeeds,
): Promise<SpineTable> {
  const kinds = spineColumnKinds(spine);
  const wanted = new Set(needs.columns);
  if (typeof asOf === "string") wanted.add(asOf);
  for (const name of wanted) {
    if (Object.hasOwn(kinds, name)) continue;
    throw new PawlError("invalid_input", `The spine has no column "${name}".`, {
      found: Object.keys(kinds).join(", "),
      expected: `a column "${name}", which the view or asOf reads`,
    });
  }
  if (typeof asOf === "string" && kinds[asOf] !== "timestamp") {
    throw new PawlError("invalid_input", `The asOf column "${asOf}" is not a timestamp.`, {
      found: kinds[asOf] ?? "no column",
      expected: "timestamp",
    });
  }
  const columns = Object.fromEntries(Object.entries(kinds).filter(([name]) => wanted.has(name)));
  const table = reach.session.fresh("spine");
  const moment = typeof asOf === "string" ? ident(asOf) : double(parseInstant(asOf.at));
  if (spine.kind === "rows") await fromRows(reach, table, spine.rows, columns, moment);
  else await fromFacts(reach, table, spine, columns, moment, needs.extra ?? []);
  const [row] = await reach.session.rows(
    `SELECT count(*)::DOUBLE, count(${ident(asOfColumn)})::DOUBLE FROM ${ident(table)}`,
  );
  const [rows = 0, timed = 0] = (row ?? []).map(Number);
  const extras = Object.fromEntries((needs.extra ?? []).map(({ name, kind }) => [name, kind]));
  return { table, rows, timeless: rows - timed, columns: { ...columns, ...extras } };
}

async function fromRows(
  reach: Reach,
  table: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  kinds: SpineKinds,
  moment: string,
): Promise<void> {
  const given = rowColumns(rows, kinds);
  const raw = reach.session.fresh("rows");
  // A table needs a column, and a spine may consist of moments only.
  const present = { name: "$row", type: "DOUBLE" as const, values: new Float64Array(rows.length) };
  await createTable(reach.session, raw, [present, ...given], rows.length);
  const columns = given.map(({ name, type }) =>
    type === "DOUBLE" ? `nullif(${ident(name)}, 'nan'::DOUBLE) AS ${ident(name)}` : ident(name),
  );
  const selected = list([...columns, `${moment} AS ${ident(asOfColumn)}`]);
  await reach.session.run(
    `CREATE TEMP TABLE ${ident(table)} AS SELECT ${selected} FROM (SELECT ${list(['1 AS "$one"', ...columns])} FROM ${ident(raw)})`,
  );
  await reach.session.run(`DROP TABLE ${ident(raw)}`);
}

async function fromFacts(
  reach: Reach,
  table: string,
  spine: Exclude<Spine, { kind: "rows" }>,
  kinds: SpineKinds,
  moment: string,
  extra: NonNullable<SpineNeeds["extra"]>,
): Promise<void> {
  const isSource = spine.kind === "source";
  const name = isSource ? spine.source.name : "spine";
  const nodes = [...extra.map(({ node }) => node), ...(isSource && spine.where ? [spine.where] : [])];
  const read = new Set(Object.keys(kinds));
  for (const node of nodes) walk(node, (inner) => inner.op === "column" && read.add(inner.name));
  const readKinds = isSource
    ? kindsOf(spine.source.columns, read)
    : Object.fromEntries(Object.entries(spine.columns).filter(([column]) => read.has(column)));
  const locations = isSource ? reach.locate(spine.source) : [spine.location];
  const from = await selectColumns(reach, name, locations, readKinds);
  const builder = new SelectBuilder(`(${from})`, {
    column: (node) => ident(node.name),
    asOf: () => moment,
  });
  for (const column of Object.keys(kinds)) builder.addSql(column, ident(column));
  builder.addSql(asOfColumn, moment);
  for (const { name: column, node } of extra) builder.add(column, node);
  if (isSource && spine.where) builder.add("$where", spine.where);
  const conditions = [
    ...(isSource && spine.where ? [`"$where"`] : []),
    ...(spine.from !== undefined ? [`${ident(asOfColumn)} >= ${double(momentOf(spine.from))}`] : []),
    ...(spine.until !== undefined ? [`${ident(asOfColumn)} < ${double(momentOf(spine.until))}`] : []),
  ];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const kept = list([...Object.keys(kinds), asOfColumn, ...extra.map((e) => e.name)].map(ident));
  const select = `SELECT ${kept} FROM (${builder.build()})${where}`;
  const sampled = spine.sample ? sampleOf(select, kept, spine.sample) : select;
  await reach.session.run(`CREATE TEMP TABLE ${ident(table)} AS ${sampled}`);
}

/** MD5 because it is the same in every version; rows come back in their order. */
function sampleOf(select: string, kept: string, { rows, seed }: Sample): string {
  if (!Number.isSafeInteger(rows) || rows < 0 || !Number.isSafeInteger(seed)) {
    throw new PawlError("invalid_input", "A sample needs a whole number of rows and a whole seed.", {
      found: JSON.stringify({ rows, seed }),
      expected: "rows from 0, any whole seed",
    });
  }
  const numbered = `SELECT *, row_number() OVER () AS "$n" FROM (${select})`;
  const drawn = `SELECT * FROM (${numbered}) ORDER BY md5(${text(`${seed}:`)} || "$n"), "$n" LIMIT ${rows}`;
  return `SELECT ${kept} FROM (${drawn}) ORDER BY "$n"`;
}

function momentOf(input: InstantInput): number {
  return typeof input === "number" ? instant(input) : parseInstant(input);
}
