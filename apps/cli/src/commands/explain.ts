import {
  columnKind,
  type FeatureGroup,
  findFeature,
  formatInstant,
  instant,
  PawlError,
  readValue,
  type Scalar,
  type Value,
  writeValue,
} from "@pawl/core";
import type { ExplainedFact, Explanation, Refusal } from "@pawl/history";
import { type CommandModule, common, example, wholeNumber } from "../command.ts";
import { countText, numberText, plural } from "../output/figures.ts";
import { tableText } from "../output/table.ts";
import type { Answer } from "../output/terminal.ts";
import { withSettledProject } from "../project/with-project.ts";

interface Options {
  readonly asOf?: string;
  readonly at?: string;
  readonly limit: number;
}

/** `pawl explain <group.feature> <key...>`: which facts made a value, and which were refused. */
export const explainCommand: CommandModule = (program, run) => {
  const command = program
    .command("explain")
    .argument("<feature>", "the feature, as group.feature")
    .argument("<key...>", "whose value: one word for each column of the group's key")
    .option("--as-of <moment>", "the moment of asking; there is no default")
    .option("--at <moment>", "another word for --as-of")
    .option("--limit <facts>", "facts shown for each outcome", wholeNumber(1), 5)
    .description("show which facts made a value, which were refused, and why")
    .action((feature: string, key: readonly string[], options: Options) => {
      const moment =
        options.asOf ??
        options.at ??
        command.error("error: required option '--as-of <moment>' not specified", {
          code: "commander.missingMandatoryOptionValue",
        });
      return run(command, (setting) =>
        withSettledProject(setting, async ({ ports }) => {
          const dot = feature.lastIndexOf(".");
          const { group } = findFeature(
            feature.slice(0, Math.max(0, dot)),
            feature.slice(dot + 1),
            ports.catalog.groups,
          );
          const explanation = await ports.history.explainValue(
            {
              group,
              feature: feature.slice(dot + 1),
              key: keyOf(group, key),
              asOf: moment,
              limit: options.limit,
            },
            setting.terminal.work,
          );
          return answerOf(feature, key, group, explanation);
        }),
      );
    });
  example(common(command), "pawl explain flights_by_origin.delay_mean_3h ORD --as-of 2001-05-01T08:30:00");
};

function keyOf(group: FeatureGroup, words: readonly string[]): (Scalar | null)[] {
  if (words.length !== group.by.length) {
    throw new PawlError("invalid_input", `A key of "${group.name}" has ${plural(group.by.length, "part")}.`, {
      found: words.join(" "),
      expected: group.by.join(" "),
    });
  }
  return group.by.map((name, i) => {
    const column = group.source.columns[name];
    const kind = column ? columnKind(column) : "string";
    const word = words[i] ?? "";
    const given = kind === "int" ? Number(word) : word;
    return readValue(kind, given, `the key "${name}"`) as Scalar | null;
  });
}

const whys: Readonly<Record<Refusal, string>> = {
  withoutTime: "has no time",
  notYetKnown: "not known yet",
  tooOld: "too old",
  tooRecent: "too recent",
  filtered: "filtered out",
  nullValue: "has no value",
};

const moment = (at: number | null): string => (at === null ? "?" : formatInstant(instant(at)));

function answerOf(
  feature: string,
  key: readonly string[],
  group: FeatureGroup,
  explanation: Explanation,
): Answer {
  return {
    document: {
      ...explanation,
      asOf: moment(explanation.asOf),
      key,
      aggregates: explanation.aggregates.map((each) => aggregateDocument(group, each)),
    },
    words: (paint) => {
      const kind = group.features.find(({ name }) => feature.endsWith(`.${name}`))?.node.kind ?? "float";
      const lines = [
        `${feature} of ${paint.bold(key.join(" "))} as of ${moment(explanation.asOf)} is ${paint.bold(valueText(writeValue(kind, explanation.value) as Value))}`,
      ];
      for (const { says, value, used, refused } of explanation.aggregates) {
        lines.push("", `${paint.bold(says)} = ${valueText(value)}`, `  ${plural(used.count, "fact")} used`);
        if (used.facts.length > 0) lines.push(factTable(used.facts));
        for (const { why, count, facts } of refused) {
          lines.push(`  ${plural(count, "fact")} refused: ${paint.warn(whys[why])}`);
          if (facts.length > 0) lines.push(factTable(facts));
        }
      }
      return lines.join("\n");
    },
  };
}

function aggregateDocument(
  group: FeatureGroup,
  { used, refused, ...rest }: Explanation["aggregates"][number],
) {
  const { columns } = group.source;
  const timed = ({ eventTime, knownTime, fact, ...more }: ExplainedFact) => ({
    eventTime: eventTime === null ? null : moment(eventTime),
    knownTime: knownTime === null ? null : moment(knownTime),
    ...more,
    fact: Object.fromEntries(
      Object.entries(fact).map(([name, value]) => {
        const column = columns[name];
        return [name, column ? writeValue(columnKind(column), value) : value];
      }),
    ),
  });
  return {
    ...rest,
    used: { ...used, facts: used.facts.map(timed) },
    refused: refused.map((outcome) => ({ ...outcome, facts: outcome.facts.map(timed) })),
  };
}

function factTable(facts: readonly ExplainedFact[]): string {
  const rows = facts.map(({ eventTime, knownTime, value }) => [
    `    ${moment(eventTime)}`,
    moment(knownTime),
    value === undefined ? "" : valueText(value),
  ]);
  return tableText([{ title: "    happened" }, { title: "known" }, { title: "value", align: "right" }], rows);
}

function valueText(value: Value): string {
  if (value === null) return "not known";
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return countText(Number(value));
  return typeof value === "object" ? value.map((each) => valueText(each)).join(", ") : String(value);
}
