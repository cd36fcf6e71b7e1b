import { columnKind, formatInstant, PawlError, type View, writeValue } from "@pawl/core";
import { type CommandModule, common, example } from "../command.ts";
import { numberText } from "../output/figures.ts";
import { tableText } from "../output/table.ts";
import { type Column, readRows, typedRow } from "../rows.ts";
import { withLive } from "../project/with-live.ts";

/** `pawl get <view> column=value …`: features as they are known now. */
export const getCommand: CommandModule = (program, run) => {
  const command = program
    .command("get")
    .argument("<view>", "a view, a model (for its view) or a group")
    .argument("[columns...]", "whose features, as column=value")
    .description("read features as they are known now, or were at a moment")
    .option("--file <path>", "rows from a file: a JSON list, or one JSON object a line")
    .option("--as-of <moment>", "as known before this moment (default: now)")
    .action((name: string, words: readonly string[], options: { file?: string; asOf?: string }) =>
      run(command, async (setting) => {
        const given = await readRows(words, options.file, setting.cwd);
        return withLive(setting, async ({ project, present }) => {
          const { catalog } = project.ports;
          const view = catalog.views.get(name) ?? catalog.models.get(name)?.view;
          const columns = view ? spineOf(view) : groupKey(catalog.groups.get(name), name);
          const rows = options.file === undefined ? given.map((row) => typedRow(row, columns)) : given;
          const asOf = options.asOf === undefined ? {} : { asOf: options.asOf };
          const found = await present.vectors(view ?? name, rows, asOf);
          const answers = found.values.map((values, r) => ({
            asOf: formatInstant(found.asOf[r] ?? present.now()),
            features: Object.fromEntries(
              found.names.map((column, i) => [
                column,
                writeValue(found.kinds[i] ?? "float", values[i] ?? null),
              ]),
            ),
            statuses: Object.fromEntries(found.names.map((column, i) => [column, found.statuses[r]?.[i]])),
          }));
          return {
            document: { rows: answers },
            words: (paint) =>
              answers
                .map((answer) => {
                  const listed = Object.entries(answer.features).map(([column, value]) => [
                    column,
                    value === null ? "" : typeof value === "number" ? numberText(value) : String(value),
                    answer.statuses[column] === "present" ? "" : paint.dim(String(answer.statuses[column])),
                  ]);
                  const head = [
                    { title: "Feature" },
                    { title: "Value", align: "right" as const },
                    { title: "" },
                  ];
                  return `${tableText(head, listed)}\n${paint.dim(`as of ${answer.asOf}`)}`;
                })
                .join("\n\n"),
          };
        });
      }),
    );
  example(
    common(command),
    "pawl get flights_by_origin origin=ORD",
    "pawl get is_late origin=ORD destination=SFO --json",
  );
};

function spineOf(view: View): Column[] {
  return Object.entries(view.spine).map(([name, column]) => ({ name, kind: columnKind(column) }));
}

function groupKey(
  group: { readonly by: readonly string[]; readonly source: { readonly columns: View["spine"] } } | undefined,
  name: string,
): Column[] {
  if (!group) {
    throw new PawlError("not_found", `There is no view, model or group "${name}".`, {
      next: "pawl apply --plan lists what is defined.",
    });
  }
  return group.by.map((by) => {
    const column = group.source.columns[by];
    return { name: by, kind: column ? columnKind(column) : "string" };
  });
}
