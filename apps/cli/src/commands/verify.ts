import { PawlError } from "@pawl/core";
import { type CommandModule, common, example, wholeNumber } from "../command.ts";
import { countText, plural } from "../output/figures.ts";
import { tableText } from "../output/table.ts";
import { withLive } from "../project/with-live.ts";

interface Options {
  readonly rows: number;
  readonly seed: number;
  readonly from?: string;
  readonly until?: string;
}

/** `pawl verify <model>`: proves that history and the present give the same features. */
export const verifyCommand: CommandModule = (program, run) => {
  const command = program
    .command("verify")
    .argument("<model>", "the model whose features are compared")
    .description("compare features of training rows with what the present says of the same moments")
    .option("--rows <number>", "rows to compare", wholeNumber(1), 1000)
    .option("--seed <number>", "which rows", wholeNumber(0), 1)
    .option("--from <moment>", "only rows asked about from this moment on")
    .option("--until <moment>", "only rows asked about before this moment")
    .action((model: string, options: Options) =>
      run(command, (setting) =>
        withLive(setting, async ({ project, present }) => {
          const { verify } = await import("@pawl/loop");
          const found = await verify(project.ports, present, { model, ...options }, setting.terminal.work);
          if (found.different > 0) {
            const shown = found.disagreements.slice(0, 10);
            const rows = shown.map(({ column, asOf, history, present: now }) => [
              column,
              asOf,
              String(history),
              String(now),
            ]);
            const head = [
              { title: "Column" },
              { title: "As of" },
              { title: "History" },
              { title: "Present" },
            ];
            throw new PawlError("conflict", "History and the present do not agree.", {
              found: `${countText(found.different)} of ${plural(found.values, "value")} differ\n${tableText(head, rows)}`,
              expected: "the same value for every feature, entity and moment",
              next: "Facts may not have been exported yet, or files changed after they were read; else it is a fault of Pawl.",
              details: { ...found },
            });
          }
          return {
            document: found,
            words: (paint) =>
              `${paint.good("✓")} ${plural(found.values, "value")} of ${plural(found.rows, "row")} are the same in history and in the present`,
          };
        }),
      ),
    );
  example(common(command), "pawl verify is_late --rows 5000");
};
