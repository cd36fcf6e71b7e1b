import type { ApplyPlan } from "@pawl/loop";
import { type CommandModule, common, example } from "../command.ts";
import { countText, plural } from "../output/figures.ts";
import type { Painter } from "../output/painter.ts";
import { tableText } from "../output/table.ts";
import type { Answer } from "../output/terminal.ts";
import { withProject } from "../project/with-project.ts";

/** `pawl apply`: makes the project's definitions the ones at work, or says what that would change. */
export const applyCommand: CommandModule = (program, run) => {
  const command = program
    .command("apply")
    .description("enter the project's definitions in the ledger")
    .option("--plan", "only say what would change, and what it costs")
    .option("--prune", "also remove definitions the project no longer has")
    .action((options: { plan?: boolean; prune?: boolean }) =>
      run(command, (setting) =>
        withProject(setting, async ({ ports }) => {
          const { apply, planApply } = await import("@pawl/loop");
          const verb = options.plan ? planApply : apply;
          const plan = await verb(ports, options.prune ? { prune: true } : {}, setting.terminal.work);
          return answerOf(plan, options.plan === true);
        }),
      ),
    );
  example(common(command), "pawl apply --plan", "pawl apply");
};

const marks: Readonly<Record<string, string>> = {
  added: "+",
  restored: "+",
  "same-meaning": "≡",
  removed: "−",
  refused: "✗",
};

function answerOf(applied: ApplyPlan, planned: boolean): Answer {
  const { plan, sources, groups } = applied;
  return {
    document: { applied: !planned, ...applied },
    words: (paint) => {
      const changed = plan.changes.filter(({ change }) => change !== "unchanged");
      const unchanged = plan.changes.length - changed.length;
      const lines = changed.map((change) => {
        const { kind, name, version } = change.definition;
        const mark = marks[change.change] ?? "";
        const colour = colourOf(change.change, paint);
        const more =
          change.change === "same-meaning"
            ? paint.dim(` means the same as ${change.sameAs.map((other) => other.name).join(", ")}`)
            : change.change === "refused"
              ? ` ${change.reason} ${change.next}`
              : "";
        return `${colour(mark)} ${kind} ${paint.bold(name)}${version > 1 ? ` v${version}` : ""}${more}`;
      });
      const count = changed.length;
      const summary = planned
        ? `${plural(count, "change")} would be made, ${plural(unchanged, "definition")} left as they are.`
        : `${plural(count, "change")} made, ${plural(unchanged, "definition")} left as they are.`;
      return [...lines, ...costLines(sources, groups, paint), summary].join("\n");
    },
  };
}

function colourOf(change: string, paint: Painter): (text: string) => string {
  if (change === "refused") return (text) => paint.bad(text);
  if (change === "removed" || change === "same-meaning") return (text) => paint.warn(text);
  return (text) => paint.good(text);
}

function costLines(sources: ApplyPlan["sources"], groups: ApplyPlan["groups"], paint: Painter): string[] {
  const lines: string[] = [];
  if (sources.length > 0) {
    const rows = sources.map(({ source, rows: count, problem }) => [
      source,
      count === undefined ? "" : countText(count),
      problem === undefined ? "" : paint.warn(problem),
    ]);
    const columns = [{ title: "Source" }, { title: "Facts", align: "right" as const }, { title: "" }];
    lines.push("", tableText(columns, rows));
  }
  if (groups.length > 0) {
    const rows = groups.map(({ group, features, aggregates, reach }) => [
      group,
      countText(features),
      countText(aggregates),
      reach,
    ]);
    const columns = [
      { title: "Group" },
      { title: "Features", align: "right" as const },
      { title: "Aggregates", align: "right" as const },
      { title: "Looks back" },
    ];
    lines.push("", tableText(columns, rows));
  }
  return lines.length > 0 ? [...lines, ""] : lines;
}
