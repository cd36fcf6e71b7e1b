import type { Ledger } from "@pawl/ledger";

/** Runs of an experiment "searching" whose params, tags and metrics follow from their number. */
export async function seedRuns({ experiments, runs }: Ledger, count: number): Promise<void> {
  const { id: experimentId } = await experiments.create({ name: "searching" });
  for (let n = 0; n < count; n += 1) {
    const { id } = await runs.start({
      experimentId,
      name: `run ${n}`,
      startedAt: (1_700_000_000_000 + n) * 1_000,
      params: { depth: String(n % 10), ...(n % 2 === 1 && { odd: "yes" }) },
      tags: { team: ["risk", "Risk", "fraud"][n % 3] ?? "" },
    });
    const value = n % 100 === 7 ? Number.NaN : ((n * 37) % count) / count;
    // Some have no metric at all, some a NaN: both come last.
    if (n % 50 !== 0) await runs.log(id, { metrics: [{ key: "auc", value, at: 1_000, step: 0 }] });
  }
}
