import type { Leaderboard, TrainResult } from "@pawl/loop";
import type { Scorecard } from "pawl";
import { countText, percentText, tableText } from "pawl/terminal";
import type { LiveResult } from "./live-steps.ts";
import { contenders } from "./model-steps.ts";
import { paint, say } from "./stage.ts";

const right = "right" as const;
const three = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(3));

/** The leaderboard: every contender on the same later flights, with the honest difference to the best. */
export function boardText(board: Leaderboard): string {
  const rows = board.standings.map(({ name, metrics, difference }) => [
    name,
    three(metrics["auc"]),
    (metrics["log_loss"] ?? Number.NaN).toFixed(4),
    difference
      ? `+${difference.mean.toFixed(4)} (${difference.low.toFixed(4)} to ${difference.high.toFixed(4)})`
      : "–",
    contenders.find((contender) => contender.name === name)?.says ?? "",
  ]);
  return tableText(
    [
      { title: "" },
      { title: "AUC", align: right },
      { title: "log loss", align: right },
      { title: "behind the best (95 %)", align: right },
      { title: "" },
    ],
    rows,
  );
}

export interface Ending {
  readonly flights: number;
  readonly features: number;
  readonly board: Leaderboard;
  readonly best: TrainResult;
  readonly leak: { readonly promised: Scorecard; readonly delivered: Scorecard };
  readonly live: LiveResult;
  readonly seconds: number;
  readonly memory: number;
  readonly url: string;
}

/** The short report at the end. */
export function tellEnding(ending: Ending): void {
  const { board, best, leak, live } = ending;
  const baseline = board.standings.find(({ estimator }) =>
    ["majority", "no-change", "seasonal"].includes(estimator),
  );
  const auc = best.metrics["auc"] ?? 0;
  say();
  say(paint.bold("What came of it"));
  say(
    `  ${countText(ending.flights)} flights, ${ending.features} features, each as it was known at departure; ` +
      `${countText(best.rows.train)} rows to learn from, ${countText(best.rows.test)} later ones to test on.`,
  );
  say(
    `  AUC ${paint.good(three(auc))} against ${three(baseline?.metrics["auc"])} for the best baseline ("${baseline?.name ?? "?"}"), ` +
      `log loss ${(best.metrics["log_loss"] ?? 0).toFixed(4)} against ${(baseline?.metrics["log_loss"] ?? 0).toFixed(4)}.`,
  );
  say(
    `  Had it ignored when delays become known, its test would have promised AUC ${paint.bad(three(leak.promised["auc"]))}; ` +
      `on features as they really are that model reaches ${three(leak.delivered["auc"])}.`,
  );
  say(
    `  June, live: ${countText(live.pushed)} landings pushed (${countText(Math.round(live.pushed / live.pushSeconds))} a second, each batch on disk), ` +
      `${countText(live.predicted)} departures predicted (${countText(Math.round(live.predicted / live.predictSeconds))} a second).`,
  );
  say();
  const weeks = live.weeks.map((week) => [
    week.start,
    countText(week.predictions),
    percentText(week.lateShare),
    three(week.auc),
    week.logLoss.toFixed(4),
  ]);
  const columns = [
    { title: "  week of" },
    { title: "predicted", align: right },
    { title: "late", align: right },
    { title: "AUC", align: right },
    { title: "log loss", align: right },
  ];
  say(
    tableText(
      columns,
      weeks.map(([first = "", ...rest]) => [`  ${first}`, ...rest]),
    ),
  );
  say();
  say(`  ${ending.seconds.toFixed(0)} s in all, ${(ending.memory / 1e9).toFixed(1)} GB of memory at most.`);
  say();
  say(paint.bold("How to go on"));
  say(`  Look around       ${ending.url}`);
  say("  Ask it            npx pawl predict is_late --project examples/flights --help");
  say("  Compare the runs  npx pawl compare is_late --project examples/flights");
  say("  Your own data     npx pawl init my-project");
}
