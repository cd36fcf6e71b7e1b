import { PawlError } from "@pawl/core";
import type { TrainRequest, TrainResult } from "@pawl/loop";
import { type CommandModule, common, example, wholeNumber } from "../command.ts";
import { countText, numberText, plural, secondsText } from "../output/figures.ts";
import { tableText } from "../output/table.ts";
import type { Answer } from "../output/terminal.ts";
import { withProject } from "../project/with-project.ts";

interface Options {
  readonly estimator?: string;
  readonly param: readonly string[];
  readonly seed?: number;
  readonly dataset?: string;
  readonly trainUntil?: string;
  readonly testUntil?: string;
  readonly embargo?: string;
  readonly name?: string;
  readonly register: boolean;
}

/** `pawl train <model>`: trains on a frozen dataset. */
export const trainCommand: CommandModule = (program, run) => {
  const command = program
    .command("train")
    .argument("<model>", "the model to train")
    .description("train a model on a frozen dataset and test it on later rows")
    .option("--estimator <name>", "what learns (default: gradient-boosting)")
    .option("--param <name=value>", "a setting of the estimator; may be repeated", collect, [])
    .option("--seed <number>", "where chance starts (default: 1)", wholeNumber(0))
    .option("--dataset <name[@version]>", "the dataset (default: the newest of the model)")
    .option("--train-until <moment>", "train on rows before this moment (default: three quarters)")
    .option("--test-until <moment>", "test on rows up to this moment (default: the end)")
    .option("--embargo <duration>", 'leave this much out before the cut, such as "3d"')
    .option("--name <name>", "the run's name (default: made up)")
    .option("--no-register", "do not enter the result in the registry")
    .action((model: string, options: Options) =>
      run(command, (setting) =>
        withProject(setting, async ({ ports }) => {
          const { train } = await import("@pawl/loop");
          const result = await train(ports, requestOf(model, options), setting.terminal.work);
          return answerOf(model, result);
        }),
      ),
    );
  example(
    common(command),
    "pawl train is_late --estimator gradient-boosting --param rounds=300 --param learningRate=0.05",
    "pawl train is_late --train-until 2001-05-01 --embargo 1d",
  );
};

/** Why rows are on neither side of the cut. */
const leftOut: Readonly<Record<string, string>> = {
  unlabelled: "without an outcome",
  labelTooLate: "whose outcome was not known by the cut",
  embargoed: "within the embargo",
  outside: "after the last moment to test on",
};

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function requestOf(model: string, options: Options): TrainRequest {
  const { estimator, seed, name, trainUntil, testUntil, embargo, register } = options;
  const split = {
    ...(trainUntil !== undefined && { trainUntil }),
    ...(testUntil !== undefined && { testUntil }),
    // The loop reads it and refuses what is no duration.
    ...(embargo !== undefined && {
      embargo: embargo as NonNullable<TrainRequest["split"]>["embargo"] & string,
    }),
  };
  return {
    model,
    params: Object.fromEntries(options.param.map(setting)),
    register,
    ...(estimator !== undefined && { estimator }),
    ...(seed !== undefined && { seed }),
    ...(name !== undefined && { name }),
    ...(options.dataset !== undefined && { dataset: datasetRef(options.dataset) }),
    ...(Object.keys(split).length > 0 && { split }),
  };
}

/** `rounds=300`, with the value as JSON where it is some and as text where not. */
function setting(text: string): [string, unknown] {
  const equals = text.indexOf("=");
  if (equals < 1) {
    throw new PawlError("invalid_input", "A setting is not name=value.", {
      found: text,
      expected: "such as rounds=300",
    });
  }
  const value = text.slice(equals + 1);
  try {
    return [text.slice(0, equals), JSON.parse(value)];
  } catch {
    return [text.slice(0, equals), value];
  }
}

function datasetRef(text: string): { name: string; version?: number } {
  const [, name = text, version] = /^(.+)@(\d+)$/.exec(text) ?? [];
  return { name, ...(version !== undefined && { version: Number(version) }) };
}

function answerOf(model: string, result: TrainResult): Answer {
  const { run, version, metrics, trainMetrics, rows, seconds, importance, modelHash } = result;
  return {
    document: {
      run: { id: run.id, name: run.name, status: run.status },
      version: version?.version,
      modelHash,
      metrics,
      trainMetrics,
      rows,
      seconds,
      importance,
    },
    words: (paint) => {
      const named = version ? `${paint.bold(model)} v${version.version}` : paint.bold(model);
      const lines = [
        `${paint.good("✓")} ${named} trained in ${secondsText(seconds)} as run ${paint.bold(run.name)}`,
        `  ${plural(rows.train, "row")} to learn from, ${plural(rows.test, "later row")} to test on`,
      ];
      const dropped = Object.entries(rows.dropped).filter(([, count]) => count > 0);
      if (dropped.length > 0) {
        lines.push(
          `  left out: ${dropped.map(([why, count]) => `${countText(count)} ${leftOut[why] ?? why}`).join(", ")}`,
        );
      }
      const measured = Object.entries(metrics).map(([name, value]) => [
        `  ${name}`,
        numberText(value),
        trainMetrics[name] === undefined ? "" : numberText(trainMetrics[name]),
      ]);
      const right = "right" as const;
      lines.push(
        "",
        tableText(
          [{ title: "  Metric" }, { title: "Test", align: right }, { title: "Train", align: right }],
          measured,
        ),
      );
      const strongest = importance.filter(({ mean }) => mean > 0).slice(0, 8);
      if (strongest.length > 0) {
        const listed = strongest.map(({ column, mean }) => [`  ${column}`, numberText(mean)]);
        lines.push("", tableText([{ title: "  Worse without" }, { title: "by", align: right }], listed));
      }
      lines.push("", `Next: pawl compare ${model}, or pawl predict ${model}`);
      return lines.join("\n");
    },
  };
}
