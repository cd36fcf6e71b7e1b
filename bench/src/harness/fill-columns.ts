import type { FillRequest, History } from "@pawl/history";

/** Fills a spine and gathers the numeric outputs as whole columns in memory, NaN for null. */
export async function fillColumns(history: History, request: FillRequest): Promise<Float64Array[]> {
  const filled = await history.fill(request);
  try {
    const columns = filled.columns.map(() => new Float64Array(filled.rows));
    for await (const batch of filled.batches()) {
      for (const [c, { values }] of batch.columns.entries()) {
        if (!(values instanceof Float64Array)) throw new TypeError(`Output ${c} is not a column of numbers.`);
        columns[c]?.set(values, batch.start);
      }
    }
    return columns;
  } finally {
    await filled.close();
  }
}
