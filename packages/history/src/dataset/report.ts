import { PawlError, type Work } from "@pawl/core";
import { readNumbers } from "../engine/number-table.ts";
import { ident, list } from "../engine/sql.ts";
import type { Session } from "../engine/session.ts";
import type { Reach } from "../source/relation.ts";
import type { ColumnReport, DataReport, PeriodReport, ReportRequest } from "./data-report.ts";
import type { DatasetColumn } from "./manifest.ts";
import { openDataset } from "./open-dataset.ts";
import { correlatedPairs, type SampledColumn, suspicionsOf, withLabel } from "./suspicions.ts";

const isNumber = (kind: string): boolean => kind === "int" || kind === "float" || kind === "duration";
const isList = (kind: string): boolean => kind.startsWith("list<");

/** See History.report. Counts are of all rows; associations of a sample of stated size. */
export async function reportDataset(
  reach: Reach,
  path: string,
  request: ReportRequest,
  work: Work,
): Promise<DataReport> {
  const { sampleRows = 200_000 } = request;
  if (!Number.isInteger(sampleRows) || sampleRows < 1) {
    throw new PawlError("invalid_input", "sampleRows must be a whole number of at least 1.", {
      found: String(sampleRows),
    });
  }
  const { session } = reach;
  const { manifest, select } = await openDataset(reach, path);
  const table = ident(session.fresh("dataset"));
  await session.run(`CREATE TEMP TABLE ${table} AS ${select}`);
  const { rows, columns, timeRange } = manifest;
  const unit = unitOf(timeRange);
  const labelled = columns.find(({ role }) => role === "label");
  const periods = await periodsOf(session, table, unit, labelled);
  const features = columns.filter(({ role }) => role === "feature");
  const sample = await sampleOf(session, table, columns, rows, sampleRows);
  const target = labelled && sample.columns.get(labelled.name);
  const reports: ColumnReport[] = [];
  for (const [i, column] of features.entries()) {
    work.onProgress?.({ stage: "looking at columns", done: i, total: features.length });
    const counted = await countsOf(session, table, column, rows, unit, periods);
    const found = withLabel(sample.columns.get(column.name), target);
    reports.push({ name: column.name, kind: column.kind, role: column.role, ...counted, ...found });
    // Ranks of 200,000 rows take some milliseconds each: others get their turn in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const sampled = features.flatMap(({ name }) => sample.columns.get(name) ?? []);
  return {
    rows,
    sampledRows: sample.rows,
    columns: reports,
    label: labelled ? await labelOf(session, table, labelled, rows) : null,
    period: unit,
    periods,
    correlatedPairs: correlatedPairs(sampled),
    suspicions: suspicionsOf(reports, sampled, target, sample.times, rows),
    duplicateRows: await duplicatesOf(session, table, columns, rows),
  };
}

function unitOf(range: { first: number; last: number } | null): DataReport["period"] {
  const days = range ? (range.last - range.first) / 86_400_000_000 : 0;
  return days <= 60 ? "day" : days <= 730 ? "week" : "month";
}

const periodSql = (unit: string): string =>
  `date_trunc('${unit}', make_timestamp("as_of"::BIGINT))::DATE::VARCHAR`;

async function periodsOf(
  session: Session,
  table: string,
  unit: string,
  label: DatasetColumn | undefined,
): Promise<PeriodReport[]> {
  const own = label ? ident(label.name) : "NULL";
  const mean = label && label.kind !== "string" ? `avg(${own}::DOUBLE)` : "NULL";
  const rows = await session.rows(
    `SELECT ${periodSql(unit)} AS period, count(*)::DOUBLE, count(${own})::DOUBLE, ${mean} FROM ${table} WHERE "as_of" IS NOT NULL GROUP BY period ORDER BY period`,
  );
  return rows.map(([start, count, labelled, labelMean]) => ({
    start: String(start),
    rows: Number(count),
    labelled: Number(labelled),
    labelMean: labelMean as number | null,
  }));
}

type Counts = Omit<ColumnReport, "name" | "kind" | "role" | "withLabel" | "auc">;

async function countsOf(
  session: Session,
  table: string,
  { name, kind }: DatasetColumn,
  rows: number,
  unit: string,
  periods: readonly PeriodReport[],
): Promise<Counts> {
  const column = ident(name);
  const numbers = isNumber(kind)
    ? `min(${column}), median(${column}), max(${column}), avg(${column}), stddev_samp(${column})`
    : "NULL, NULL, NULL, NULL, NULL";
  const [row] = await session.rows(
    `SELECT count(${column})::DOUBLE, count(DISTINCT ${column})::DOUBLE, ${numbers} FROM ${table}`,
  );
  const [present, cardinality, min, median, max, mean, std] = (row ?? []) as (number | null)[];
  const shares = await session.rows(
    `SELECT ${periodSql(unit)} AS period, 1 - count(${column}) / count(*) FROM ${table} WHERE "as_of" IS NOT NULL GROUP BY period`,
  );
  const byPeriod = new Map(shares.map(([period, share]) => [String(period), Number(share)]));
  const top =
    isNumber(kind) || kind === "timestamp" || isList(kind) ? [] : await topOf(session, table, column);
  return {
    missing: rows === 0 ? 0 : 1 - Number(present) / rows,
    missingByPeriod: periods.map(({ start }) => byPeriod.get(start) ?? null),
    cardinality: Number(cardinality),
    min: min ?? null,
    median: median ?? null,
    max: max ?? null,
    mean: mean ?? null,
    std: std ?? null,
    top,
  };
}

async function topOf(
  session: Session,
  table: string,
  column: string,
): Promise<{ value: string; count: number }[]> {
  const rows = await session.rows(
    `SELECT ${column}::VARCHAR AS v, count(*)::DOUBLE AS n FROM ${table} WHERE ${column} IS NOT NULL GROUP BY ${column} ORDER BY n DESC, v LIMIT 10`,
  );
  return rows.map(([value, count]) => ({ value: String(value), count: Number(count) }));
}

async function labelOf(
  session: Session,
  table: string,
  { name, kind }: DatasetColumn,
  rows: number,
): Promise<NonNullable<DataReport["label"]>> {
  const [row] = await session.rows(`SELECT count(${ident(name)})::DOUBLE FROM ${table}`);
  const present = Number(row?.[0] ?? 0);
  const balance = isNumber(kind) ? [] : await topOf(session, table, ident(name));
  return {
    name,
    kind,
    missing: rows === 0 ? 0 : 1 - present / rows,
    balance: balance.map(({ value, count }) => ({ value, count, share: count / present })),
  };
}

/** Every k-th row, as numbers: text and bigints as codes. */
async function sampleOf(
  session: Session,
  table: string,
  columns: readonly DatasetColumn[],
  rows: number,
  wanted: number,
): Promise<{ rows: number; columns: Map<string, SampledColumn>; times: Float64Array }> {
  const step = Math.max(1, Math.ceil(rows / wanted));
  const used = columns.filter(({ role, kind }) => (role === "feature" || role === "label") && !isList(kind));
  const shown = used.map(({ name, kind }) => {
    const column = ident(name);
    if (kind !== "string" && kind !== "bigint") return `${column}::DOUBLE`;
    return `CASE WHEN ${column} IS NOT NULL THEN (dense_rank() OVER (ORDER BY ${column}))::DOUBLE END`;
  });
  const drawn = `SELECT * FROM ${table} WHERE rowid % ${step} = 0 ORDER BY rowid`;
  const numbers = [`"as_of"`, ...shown];
  const named = numbers.map((sql, i) => `${sql} AS n${i}`);
  const order = `row_number() OVER () AS n`;
  const select = `SELECT ${list(numbers.map((_, i) => `n${i}`))} FROM (SELECT n, ${list(named)} FROM (SELECT *, ${order} FROM (${drawn}))) ORDER BY n`;
  const read = await readNumbers(session, select, 0, numbers.length, { expected: Math.ceil(rows / step) });
  const [times = new Float64Array(0), ...values] = read?.doubles ?? [];
  const sampled = used.map(({ name, kind }, i): [string, SampledColumn] => {
    const isCode = kind === "string" || kind === "bigint";
    return [name, { name, kind, isCode, values: values[i] ?? new Float64Array(0) }];
  });
  return { rows: read?.rows ?? 0, columns: new Map(sampled), times };
}

async function duplicatesOf(
  session: Session,
  table: string,
  columns: readonly DatasetColumn[],
  rows: number,
): Promise<number> {
  const compared = columns.filter(({ role }) => role === "spine" || role === "feature" || role === "asOf");
  const [row] = await session.rows(
    `SELECT count(*)::DOUBLE FROM (SELECT DISTINCT ${list(compared.map(({ name }) => ident(name)))} FROM ${table})`,
  );
  return rows - Number(row?.[0] ?? 0);
}
