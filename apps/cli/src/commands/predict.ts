import type { JsonValue } from "@pawl/core";
import type { Prediction } from "@pawl/loop";
import { type CommandModule, common, example } from "../command.ts";
import { numberText, percentText } from "../output/figures.ts";
import type { Painter } from "../output/painter.ts";
import { tableText } from "../output/table.ts";
import type { Answer } from "../output/terminal.ts";
import { type Column, readRows, typedRow } from "../rows.ts";
import { withProject } from "../project/with-project.ts";

interface Options {
  readonly file?: string;
  readonly values?: boolean;
  readonly asOf?: string;
  readonly explain?: boolean;
  readonly features?: boolean;
}

/** `pawl predict <model> column=value …`: asks the newest version of a model. */
export const predictCommand: CommandModule = (program, run) => {
  const command = program
    .command("predict")
    .argument("<model>", "the model to ask")
    .argument("[columns...]", "one row, as column=value")
    .description("ask a trained model about one row, or many from a file")
    .option("--file <path>", "rows from a file: a JSON list, or one JSON object a line")
    .option("--values", "rows hold the view's values; nothing is looked up")
    .option("--as-of <moment>", "features as they were known then (default: the row's own moment, or now)")
    .option("--explain", "also say what moved each answer")
    .option("--features", "also give the values the model saw")
    .action((model: string, columns: readonly string[], options: Options) =>
      run(command, async (setting) => {
        const rows = await readRows(columns, options.file, setting.cwd);
        return withProject(setting, async ({ ports }) => {
          const { historyLookup, serve } = await import("@pawl/loop");
          const serving = await serve(ports, historyLookup(ports));
          try {
            const served = serving.models().find(({ name }) => name === model);
            const known: readonly Column[] = (options.values ? served?.inputs : served?.spine) ?? [];
            const request = {
              model,
              rows: options.file === undefined ? rows.map((row) => typedRow(row, known)) : rows,
              by: options.values ? ("values" as const) : ("keys" as const),
              explain: options.explain === true,
              features: options.features === true,
              ...(options.asOf !== undefined && { asOf: options.asOf }),
            };
            return answerOf(await serving.predict(request, setting.terminal.signal));
          } finally {
            await serving.close();
          }
        });
      }),
    );
  example(
    common(command),
    "pawl predict is_late origin=ORD destination=SFO distance=1846 departure=2001-05-01T08:30:00 --explain",
    "pawl predict is_late --file flights.ndjson --json",
  );
};

function answerOf(predictions: readonly Prediction[]): Answer {
  return {
    document: { predictions },
    words: (paint) => predictions.map((prediction) => wordsOf(prediction, paint)).join("\n\n"),
  };
}

function wordsOf(prediction: Prediction, paint: Painter): string {
  const { model, version, asOf, value, probability, probabilities, features, explanation } = prediction;
  const said = typeof value === "number" ? numberText(value) : String(value);
  const sure =
    probability === undefined
      ? ""
      : `  ${typeof value === "boolean" ? "probability of true" : "probability"} ${percentText(probability)}`;
  const lines = [`${paint.bold(said)}${sure}`, paint.dim(`${model} v${version}, as of ${asOf}`)];
  if (probabilities) {
    const rows = Object.entries(probabilities)
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, share]) => [`  ${name}`, percentText(share)]);
    lines.push(tableText([{ title: "  Class" }, { title: "Probability", align: "right" }], rows));
  }
  if (explanation) {
    const rows = explanation.contributions
      .slice(0, 12)
      .map(({ name, value: seen, contribution }) => [`  ${name}`, cellText(seen), signed(contribution)]);
    const columns = [
      { title: "  Input" },
      { title: "Value", align: "right" as const },
      { title: "Moves the answer by", align: "right" as const },
    ];
    lines.push(
      "",
      tableText(columns, rows),
      paint.dim(`  from ${numberText(explanation.base)} without any of them`),
    );
  }
  if (features) {
    const rows = Object.entries(features).map(([name, seen]) => [`  ${name}`, cellText(seen)]);
    lines.push("", tableText([{ title: "  Feature" }, { title: "Value", align: "right" }], rows));
  }
  return lines.join("\n");
}

const signed = (value: number): string => (value > 0 ? `+${numberText(value)}` : numberText(value));

function cellText(value: JsonValue): string {
  if (value === null) return "not known";
  if (typeof value === "number") return numberText(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
