import {
  type PairedDifference,
  pairedDifference,
  PawlError,
  primaryLoss,
  rowLosses,
  type Scorecard,
  type Task,
} from "@pawl/core";
import type { Run } from "@pawl/ledger";
import type { Ports } from "./ports.ts";
import { readPredictions, type TestPredictions } from "./test-predictions.ts";

/** One line of a leaderboard. */
export interface Standing {
  readonly rank: number;
  readonly runId: string;
  readonly name: string;
  readonly estimator: string;
  readonly modelHash: string | undefined;
  readonly metrics: Scorecard;
  readonly seconds: number | undefined;
  /** Paired difference of this run's loss to the leader's, on the same rows; absent for the leader. */
  readonly difference?: PairedDifference;
}

/** Runs on the same dataset and split, best first. */
export interface Leaderboard {
  readonly model: string;
  readonly task: Task;
  readonly loss: string;
  readonly datasetHash: string;
  readonly testRows: number;
  readonly standings: readonly Standing[];
  /** Runs of the same experiment that cannot be compared, and why. */
  readonly leftOut: readonly { readonly runId: string; readonly name: string; readonly reason: string }[];
  /** The leaderboard in one sentence. */
  readonly verdict: string;
}

export interface CompareRequest {
  /** All finished runs of this model's experiment … */
  readonly model: string;
  /** … or only these. */
  readonly runs?: readonly string[];
}

const day = 86_400_000_000;

/**
 * Compares runs by the loss of each test row, differences taken pairwise and clustered by day. Only runs
 * with the same dataset, split and task are compared, the newest run's; the others are left out by name.
 */
export async function compare(ports: Ports, request: CompareRequest): Promise<Leaderboard> {
  const runs = await finishedRuns(ports, request);
  const tested: { run: Run; test: TestPredictions }[] = [];
  const leftOut: { runId: string; name: string; reason: string }[] = [];
  for (const run of runs) {
    const test = await readPredictions(ports, run.id);
    const reason = test ? differs(tested[0]?.test, test) : "no test predictions were kept";
    if (test && reason === undefined) tested.push({ run, test });
    else leftOut.push({ runId: run.id, name: run.name, reason: reason ?? "" });
  }
  const first = tested[0];
  if (!first) {
    throw new PawlError("not_found", `No finished run of "${request.model}" can be compared.`, {
      found: `${runs.length} runs, none with test predictions`,
      next: `Train one: pawl train ${request.model}`,
    });
  }
  const { labels, asOf } = first.test;
  const days = asOf.map((at) => Math.floor(at / day));
  const losses = new Map(
    tested.map(({ run, test }) => [run.id, rowLosses(test.task, labels, test.predictions)]),
  );
  const means = new Map([...losses].map(([id, own]) => [id, average(own)]));
  const mean = (id: string): number => means.get(id) ?? Number.NaN;
  const ranked = tested.toSorted((a, b) => mean(a.run.id) - mean(b.run.id));
  const leader = ranked[0]?.run.id ?? "";
  const standings = ranked.map(({ run, test }, i): Standing => {
    const own = losses.get(run.id) ?? new Float64Array();
    return {
      rank: i + 1,
      runId: run.id,
      name: run.name,
      estimator: run.params["estimator"] ?? "?",
      modelHash: run.tags["model_hash"],
      metrics: test.metrics,
      seconds: run.endedAt === undefined ? undefined : (run.endedAt - run.startedAt) / 1e6,
      ...(i > 0 && { difference: pairedDifference(own, losses.get(leader) ?? own, days) }),
    };
  });
  return {
    model: request.model,
    task: first.test.task,
    loss: primaryLoss[first.test.task.kind],
    datasetHash: first.test.datasetHash,
    testRows: labels.length,
    standings,
    leftOut,
    verdict: verdict(standings),
  };
}

async function finishedRuns(ports: Ports, request: CompareRequest): Promise<readonly Run[]> {
  if (request.runs) {
    const found = await Promise.all(request.runs.map((id) => ports.ledger.runs.get(id)));
    return found.map((run, i) => {
      if (run) return run;
      throw new PawlError("not_found", `There is no run "${request.runs?.[i] ?? ""}".`, {
        next: `List them: pawl compare ${request.model}`,
      });
    });
  }
  const experiment = await ports.ledger.experiments.byName(request.model);
  if (!experiment) {
    throw new PawlError("not_found", `Nothing has been trained for "${request.model}" yet.`, {
      next: `Train one: pawl train ${request.model}`,
    });
  }
  const page = await ports.ledger.runs.search({ experimentIds: [experiment.id], limit: 1000 });
  return page.items.filter((run) => run.status === "finished");
}

function differs(first: TestPredictions | undefined, other: TestPredictions): string | undefined {
  if (!first) return undefined;
  if (first.datasetHash !== other.datasetHash) return "trained on another dataset";
  if (first.splitHash !== other.splitHash) return "tested on another split";
  return undefined;
}

const average = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function verdict(standings: readonly Standing[]): string {
  const [leader, second] = standings;
  if (!leader) return "There is nothing to compare.";
  if (!second?.difference) return `"${leader.name}" is the only run so far.`;
  const ties = standings.filter((s) => s.difference?.verdict === "no difference").map((s) => `"${s.name}"`);
  if (second.difference.verdict === "too little data") {
    return `Too few days of test data to tell the runs apart (${second.difference.clusters}).`;
  }
  if (ties.length === 0) return `"${leader.name}" (${leader.estimator}) is better than every other run.`;
  return `No difference can be shown between "${leader.name}" and ${ties.join(", ")}.`;
}
