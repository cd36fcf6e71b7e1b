import { columnKind, formatInstant } from "@pawl/core";
import { type CommandModule, common, example } from "../command.ts";
import { plural } from "../output/figures.ts";
import { readRows, typedRow } from "../rows.ts";
import { withLive } from "../project/with-live.ts";

/** `pawl push <source>`: takes facts in. */
export const pushCommand: CommandModule = (program, run) => {
  const command = program
    .command("push")
    .argument("<source>", "the source the facts belong to")
    .argument("[columns...]", "one fact, as column=value")
    .description("take facts in; when it is done they are on disk and the next read sees them")
    .option("--file <path>", "facts from a file: a JSON list, or one JSON object a line")
    .option("--id <name>", "names this push: the same name again changes nothing")
    .action((name: string, words: readonly string[], options: { file?: string; id?: string }) =>
      run(command, async (setting) => {
        const rows = await readRows(words, options.file, setting.cwd);
        return withLive(setting, async ({ project, present }) => {
          const { findSource } = await import("@pawl/loop");
          const source = findSource(project.ports, name);
          const columns = Object.entries(source.columns).map(([column, declared]) => ({
            name: column,
            kind: columnKind(declared),
          }));
          const facts = options.file === undefined ? rows.map((row) => typedRow(row, columns)) : rows;
          const done = await present.push(name, facts, options.id === undefined ? {} : { id: options.id });
          return {
            document: { ...done, asOf: formatInstant(done.asOf) },
            words: (paint) =>
              [
                `${paint.good("✓")} ${plural(done.added, "fact")} added, ${done.corrected} corrected, ${done.unchanged} known already`,
                paint.dim(`  Readers from ${formatInstant(done.asOf)} on see what was known by then.`),
              ].join("\n"),
          };
        });
      }),
    );
  example(
    common(command),
    "pawl push flights departure=2001-07-01T08:00:00 origin=ORD destination=SFO distance=1846 delay=12",
    "pawl push flights --file new-flights.ndjson --id 2001-07-01",
  );
};
