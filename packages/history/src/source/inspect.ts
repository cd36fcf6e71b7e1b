import { columnKind, type Instant, PawlError, type Source, toPawlError } from "@pawl/core";
import { ident, list } from "../engine/sql.ts";
import { SelectBuilder } from "../sql/select-builder.ts";
import type { InspectedColumn, SourceInspection } from "./inspection.ts";
import { columnProblem, openLocation, physicalOf, type Reach, selectColumns } from "./relation.ts";

/** Looks at a source's data against its declaration; what is wrong is listed, not thrown. */
export async function inspectSource(reach: Reach, source: Source): Promise<SourceInspection> {
  const kinds = Object.fromEntries(
    Object.entries(source.columns).map(([name, column]) => [name, columnKind(column)]),
  );
  const locations = reach.locate(source);
  const problems: PawlError[] = [];
  const undeclared = new Set<string>();
  let columns: InspectedColumn[] = Object.entries(kinds).map(([name, declared]) => ({ name, declared }));
  if (locations.length === 0) {
    problems.push(
      new PawlError("invalid_input", `The source "${source.name}" does not say where its facts lie.`, {
        next: "Add `from` to the source.",
      }),
    );
  }
  for (const location of locations) {
    try {
      const relation = await openLocation(reach, source.name, location);
      const used = new Set<string>();
      columns = columns.map((column) => {
        const physical = physicalOf(relation, column.name);
        if (!physical) return column;
        used.add(physical.name);
        return { ...column, physicalName: physical.name, physicalType: physical.type };
      });
      for (const physical of relation.columns) if (!used.has(physical.name)) undeclared.add(physical.name);
      for (const [name, kind] of Object.entries(kinds)) {
        const problem = columnProblem(source.name, relation, name, kind);
        if (problem) problems.push(problem);
      }
    } catch (thrown) {
      problems.push(toPawlError(thrown));
    }
  }
  const found = { source: source.name, columns, undeclared: [...undeclared] };
  if (problems.length > 0) return { ...found, ...nothing, problems: problems.map(documentOf) };
  try {
    return { ...found, ...(await counts(reach, source, kinds)) };
  } catch (thrown) {
    const error = toPawlError(thrown);
    if (error.code === "cancelled" || error.code === "exhausted") throw error;
    return { ...found, ...nothing, problems: [documentOf(error)] };
  }
}

const documentOf = (error: PawlError) => error.toJSON().error;

const nothing = {
  rows: 0,
  firstEventTime: null,
  lastEventTime: null,
  withoutTime: 0,
  lateShare: 0,
  medianDelay: null,
  plannedShare: 0,
  nullKeys: {},
  duplicateKeys: null,
  problems: [],
  remarks: [],
} as const;

type Counts = Omit<SourceInspection, "source" | "columns" | "undeclared">;

async function counts(
  reach: Reach,
  source: Source,
  kinds: Parameters<typeof selectColumns>[3],
): Promise<Counts> {
  const from = await selectColumns(reach, source.name, reach.locate(source), kinds);
  const builder = new SelectBuilder(`(${from})`, {
    column: ({ name }) => ident(name),
    asOf: () => "NULL::DOUBLE",
  });
  for (const name of Object.keys(kinds)) builder.addSql(name, ident(name));
  builder.add("$known", source.knownTime).addSql("$event", ident(source.eventTime));
  const keys = Object.entries(source.columns)
    .filter(([name, column]) => "definition" in column || source.key.includes(name))
    .map(([name]) => name);
  const both = `"$event" IS NOT NULL AND "$known" IS NOT NULL`;
  const selected = [
    "count(*)::DOUBLE AS rows",
    `min("$event") AS first`,
    `max("$event") AS last`,
    `count(*) FILTER (NOT (${both}))::DOUBLE AS untimed`,
    `count(*) FILTER ("$known" > "$event")::DOUBLE AS late`,
    `median("$known" - "$event") FILTER ("$known" > "$event") AS delay`,
    `count(*) FILTER ("$known" < "$event")::DOUBLE AS planned`,
    // Every column is read, so that a bad value is found here and not in the middle of a training set.
    ...Object.keys(kinds).map((name, i) => `count(${ident(name)})::DOUBLE AS n${i}`),
  ];
  const [row] = await reach.session.objects(`SELECT ${list(selected)} FROM (${builder.build()})`);
  const number = (name: string): number => Number(row?.[name] ?? 0);
  const rows = number("rows");
  const names = Object.keys(kinds);
  const nullKeys = Object.fromEntries(keys.map((name) => [name, rows - number(`n${names.indexOf(name)}`)]));
  let duplicateKeys: number | null = null;
  if (source.key.length > 0) {
    const [distinct] = await reach.session.rows(
      `SELECT count(*)::DOUBLE FROM (SELECT DISTINCT ${list(source.key.map(ident))} FROM (${from}))`,
    );
    duplicateKeys = rows - Number(distinct?.[0] ?? 0);
  }
  const share = (n: number): number => (rows === 0 ? 0 : n / rows);
  const remarks = [
    ...(rows === 0 ? ["There are no facts."] : []),
    ...(number("untimed") > 0 ? [`${number("untimed")} facts have no time and are never seen.`] : []),
    ...Object.entries(nullKeys).map(([name, n]) =>
      n > 0 ? `${n} facts have no "${name}" and belong to nobody.` : "",
    ),
    ...(duplicateKeys ? [`${duplicateKeys} facts have a key that occurs before; all of them count.`] : []),
    ...(Math.abs(number("last")) > Number.MAX_SAFE_INTEGER ? ["Some moments lie beyond the year 2255."] : []),
    ...names.map((name, i) => (rows > 0 && number(`n${i}`) === 0 ? `"${name}" is always null.` : "")),
  ].filter((remark) => remark !== "");
  return {
    rows,
    firstEventTime: (row?.["first"] ?? null) as Instant | null,
    lastEventTime: (row?.["last"] ?? null) as Instant | null,
    withoutTime: number("untimed"),
    lateShare: share(number("late")),
    medianDelay: (row?.["delay"] ?? null) as number | null,
    plannedShare: share(number("planned")),
    nullKeys,
    duplicateKeys,
    problems: [],
    remarks,
  };
}
