import { checkName, checkWhole } from "../checks.ts";
import type { Metric, MetricCurves, MetricHistory, MetricHistoryQuery, MetricPoint } from "../metrics.ts";
import type { Page } from "../words.ts";
import { type Piece, piece, where } from "./conditions.ts";
import { pageLimit, questionMark, readCursor, writeCursor } from "./cursor.ts";
import type { Sql } from "./database.ts";
import type { Journal } from "./journal.ts";
import { type MetricRow, metricOf } from "./metric-rows.ts";
import { mustFindRun } from "./run-rows.ts";

function steps(query: { readonly fromStep?: number; readonly untilStep?: number }): (Piece | undefined)[] {
  const { fromStep, untilStep } = query;
  return [
    fromStep === undefined ? undefined : piece("step >= ?", fromStep),
    untilStep === undefined ? undefined : piece("step < ?", untilStep),
  ];
}

async function history(sql: Sql, runId: string, query: MetricHistoryQuery): Promise<Page<Metric>> {
  const { seq } = await mustFindRun(sql, runId);
  const { cursor, limit: _, ...question } = query;
  const limit = pageLimit(query, 25_000, 25_000);
  const mark = questionMark(["metrics", runId, question]);
  const after = cursor === undefined ? undefined : readCursor(cursor, mark, 4);
  const { text, values } = where([
    piece("run = ? AND key = ?", seq, query.key),
    ...steps(query),
    after && piece("(step, at, value, nan) > (?, ?, ?, ?)", ...after),
  ]);
  const rows = await sql.all<MetricRow>(
    `SELECT * FROM metrics ${text} ORDER BY step, at, value, nan LIMIT ?`,
    [...values, limit + 1],
  );
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    items: kept.map(metricOf),
    ...(rows.length > limit &&
      last && { next: writeCursor(mark, [last.step, last.at, last.value, last.nan]) }),
  };
}

async function curves(sql: Sql, query: MetricCurves): Promise<readonly MetricPoint[]> {
  checkName("metric key", query.key);
  checkWhole("number of points", query.points, 2);
  const points: MetricPoint[] = [];
  for (const runId of query.runIds) {
    const { seq } = await mustFindRun(sql, runId);
    const { text, values } = where([piece("run = ? AND key = ?", seq, query.key), ...steps(query)]);
    // Row i of n falls into part ⌊i·(points−1)/(n−1)⌋; the first row of each part stands for it, so both
    // ends are in. The casts make the divisions whole: the driver binds every number as a real one.
    const rows = await sql.all<MetricRow>(
      `SELECT * FROM (
         SELECT m.*, ROW_NUMBER() OVER (ORDER BY step, at, value, nan) - 1 AS position,
           COUNT(*) OVER () AS total FROM metrics m ${text}) numbered
       WHERE total <= ? OR position = 0 OR position * CAST(? AS BIGINT) / NULLIF(total - 1, 0)
         <> (position - 1) * CAST(? AS BIGINT) / NULLIF(total - 1, 0)
       ORDER BY position`,
      [...values, query.points, query.points - 1, query.points - 1],
    );
    for (const row of rows) points.push({ runId, ...metricOf(row) });
  }
  return points;
}

export function sqlMetrics(journal: Journal): MetricHistory {
  return {
    history: (runId, query) => journal.read((sql) => history(sql, runId, query)),
    curves: (query) => journal.read((sql) => curves(sql, query)),
  };
}
