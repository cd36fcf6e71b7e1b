import type { FreezeDataset, FrozenDatasetResult } from "@pawl/loop";
import { type CommandModule, common, example, wholeNumber } from "../command.ts";
import { bytesText, countText, percentText, plural } from "../output/figures.ts";
import { tableText } from "../output/table.ts";
import type { Answer } from "../output/terminal.ts";
import { withSettledProject } from "../project/with-project.ts";

interface Options {
  readonly from?: string;
  readonly until?: string;
  readonly sample?: number;
  readonly seed: number;
  readonly name?: string;
  readonly ignoreKnownTime?: boolean;
}

/** `pawl dataset <model>`: freezes a training set. */
export const datasetCommand: CommandModule = (program, run) => {
  const command = program
    .command("dataset")
    .argument("<model>", "the model the rows are for")
    .description("freeze a training set, every row as of its own moment")
    .option("--from <moment>", "only rows asked about from this moment on")
    .option("--until <moment>", "only rows asked about before this moment")
    .option("--sample <rows>", "at most this many rows, the same ones every time", wholeNumber(1))
    .option("--seed <number>", "which sample", wholeNumber(0), 1)
    .option("--name <name>", "the dataset's name (default: the model's)")
    .option("--ignore-known-time", "leak the future, to see what a leak would have promised")
    .action((model: string, options: Options) =>
      run(command, (setting) =>
        withSettledProject(setting, async ({ ports }) => {
          const { freezeDataset } = await import("@pawl/loop");
          return answerOf(await freezeDataset(ports, requestOf(model, options), setting.terminal.work));
        }),
      ),
    );
  example(common(command), "pawl dataset is_late --from 2001-02-01 --until 2001-06-01 --sample 200000");
};

function requestOf(model: string, options: Options): FreezeDataset {
  const { from, until, sample, seed, name, ignoreKnownTime } = options;
  return {
    model,
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(sample !== undefined && { sample: { rows: sample, seed } }),
    ...(name !== undefined && { name }),
    ...(ignoreKnownTime && { ignoreKnownTime: true }),
  };
}

function answerOf({ dataset, manifest, report }: FrozenDatasetResult): Answer {
  return {
    document: { dataset, manifest, report },
    words: (paint) => {
      const features = manifest.columns.filter(({ role }) => role === "feature");
      const lines = [
        `${paint.good("✓")} Dataset ${paint.bold(dataset.name)} v${dataset.version}: ${plural(dataset.rows, "row")}, ${plural(features.length, "feature")}, ${bytesText(manifest.file.bytes)}`,
        paint.dim(`  ${dataset.hash}`),
      ];
      const { label } = report;
      if (label) {
        const shares = label.balance.map(({ value, share }) => `${value} ${percentText(share)}`).join(", ");
        lines.push(
          `  Label: ${shares}${label.missing > 0 ? `; not known for ${percentText(label.missing)}` : ""}`,
        );
      }
      const sparse = report.columns.filter(({ role, missing }) => role === "feature" && missing > 0.2);
      if (sparse.length > 0) {
        const rows = sparse.map(({ name, missing }) => [`  ${name}`, percentText(missing)]);
        lines.push(
          "",
          tableText([{ title: "  Often not known" }, { title: "Missing", align: "right" }], rows),
        );
      }
      if (report.duplicateRows > 0)
        lines.push("", `${countText(report.duplicateRows)} rows repeat an earlier one.`);
      const warned = [
        ...manifest.warnings,
        ...report.suspicions.map(({ column, says }) => `${column}: ${says}`),
      ];
      if (warned.length > 0) lines.push("", ...warned.map((text) => `${paint.warn("!")} ${text}`));
      lines.push("", `Next: pawl train ${dataset.name}`);
      return lines.join("\n");
    },
  };
}
