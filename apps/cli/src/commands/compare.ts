import type { Leaderboard } from "@pawl/loop";
import { type CommandModule, common, example } from "../command.ts";
import { numberText, plural, secondsText } from "../output/figures.ts";
import { tableText } from "../output/table.ts";
import type { Answer } from "../output/terminal.ts";
import { withProject } from "../project/with-project.ts";

/** `pawl compare <model>`: ranks runs by the losses of the same rows. */
export const compareCommand: CommandModule = (program, run) => {
  const command = program
    .command("compare")
    .argument("<model>", "the model whose runs are compared")
    .argument("[runs...]", "only these runs, by id (default: all that can be compared)")
    .description("rank training runs, and say which differences are real")
    .action((model: string, runs: readonly string[]) =>
      run(command, (setting) =>
        withProject(setting, async ({ ports }) => {
          const { compare } = await import("@pawl/loop");
          return answerOf(await compare(ports, { model, ...(runs.length > 0 && { runs }) }));
        }),
      ),
    );
  example(common(command), "pawl compare is_late");
};

const right = "right" as const;

/** Metrics a person asks for first. */
const telling = ["auc", "accuracy", "calibration_error", "mae", "r2"];

function answerOf(board: Leaderboard): Answer {
  return {
    document: board,
    words: (paint) => {
      const known = Object.keys(board.standings[0]?.metrics ?? {});
      const shown = [...new Set([board.loss, ...telling])]
        .filter((metric) => known.includes(metric))
        .slice(0, 4);
      const rows = board.standings.map(({ rank, name, estimator, metrics, seconds, difference }) => [
        String(rank),
        rank === 1 ? paint.bold(name) : name,
        estimator,
        ...shown.map((metric) => (metrics[metric] === undefined ? "" : numberText(metrics[metric]))),
        seconds === undefined ? "" : secondsText(seconds),
        difference
          ? `${signed(difference.mean)} (${signed(difference.low)} to ${signed(difference.high)})`
          : "",
      ]);
      const columns = [
        { title: "", align: right },
        { title: "Run" },
        { title: "Estimator" },
        ...shown.map((title) => ({ title, align: right })),
        { title: "Took", align: right },
        { title: `${board.loss} against the first` },
      ];
      const left = board.leftOut.map(({ name, reason }) => paint.dim(`  ${name}: ${reason}`));
      return [
        tableText(columns, rows),
        "",
        paint.bold(board.verdict),
        paint.dim(
          `Judged on ${plural(board.testRows, "row")} of the same dataset; differences are paired, with 95 % intervals.`,
        ),
        ...(left.length > 0 ? ["", "Left out:", ...left] : []),
      ].join("\n");
    },
  };
}

const signed = (value: number): string => (value > 0 ? `+${numberText(value)}` : numberText(value));
