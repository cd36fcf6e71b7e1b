import {
  type Aggregate,
  aggregates,
  closes,
  type Evaluate,
  evaluator,
  type LeafNode,
  type Lookup,
  noArgument,
  opens,
  outputEvaluators,
  PawlError,
  type Scalar,
  sees,
  type Value,
  walk,
} from "@pawl/core";
import { describe, expect, it } from "vitest";
import { cell, type Row } from "../oracle/facts.ts";
import { checkEngine, engineLaws, type EngineQuestion, type TestedEngine } from "./check-engine.ts";

interface Reading {
  readonly row: Row;
  readonly value: Scalar | null;
  readonly eventTime: number;
  readonly knownTime: number;
}

type Answer = (lookup: Lookup, at: number, facts: readonly Reading[], asOf: number) => Value;

const column = (leaf: LeafNode): Evaluate<Row> => {
  const name = leaf.op === "column" ? leaf.name : "";
  return (row) => cell(row, name);
};

/** An engine in memory that leaves only the aggregation to `answer`. */
function fillWith(answer: Answer, { plan, spine, asOf, facts }: EngineQuestion): Row[] {
  const outputs = outputEvaluators<Row>(plan, (leaf) =>
    leaf.op === "asOf" ? (row) => cell(row, asOf) : column(leaf),
  );
  const slots = plan.lookups.flatMap((lookup) =>
    lookup.aggregates.map(({ slot, node }, at) => {
      const { source, by, columns } = lookup;
      const known = evaluator(source.knownTime, column);
      const where = node.where ? evaluator(node.where, column) : () => true;
      const arg = node.arg ? evaluator(node.arg, column) : () => noArgument;
      const readings = (facts[source.name] ?? []).flatMap((row): Reading[] => {
        const [eventTime, knownTime] = [cell(row, source.eventTime), known(row)] as [
          number | null,
          number | null,
        ];
        if (eventTime === null || knownTime === null || where(row) !== true) return [];
        return [{ row, value: arg(row) as Scalar | null, eventTime, knownTime }];
      });
      const read = (row: Row): Value => {
        const moment = cell(row, asOf) as number | null;
        const own = readings.filter((fact) =>
          by.every((b, i) => cell(fact.row, b) !== null && cell(fact.row, b) === cell(row, columns[i] ?? "")),
        );
        return answer(lookup, at, moment === null ? [] : own, moment ?? 0);
      };
      return { slot, read };
    }),
  );
  return spine.map((row) => {
    const filled = { ...row, ...Object.fromEntries(slots.map(({ slot, read }) => [slot, read(row)])) };
    return Object.fromEntries(plan.outputs.map(({ name }, i) => [name, outputs[i]?.(filled) ?? null]));
  });
}

const nodeOf = (lookup: Lookup, at: number) => {
  const found = lookup.aggregates[at];
  if (!found) throw new Error("no such aggregate");
  return found.node;
};

const aggregateOf = (lookup: Lookup, at: number): Aggregate<unknown> => aggregates[nodeOf(lookup, at).fn];

type Sees = typeof sees;

const adding =
  (visible: Sees): Answer =>
  (lookup, at, facts, asOf) => {
    const { params, window } = nodeOf(lookup, at);
    const aggregate = aggregateOf(lookup, at);
    // Two parts, stored, read back and merged, as a store with tiles would.
    const parts = [aggregate.init(params), aggregate.init(params)] as const;
    for (const [i, { value, eventTime, knownTime }] of facts.entries()) {
      if (visible(window, eventTime, knownTime, asOf)) {
        aggregate.add(parts[i % 2 === 0 ? 0 : 1], value, eventTime, knownTime);
      }
    }
    const [a, b] = parts.map((part) => {
      const stored: unknown = JSON.parse(JSON.stringify(aggregate.encode(part)));
      return aggregate.decode(stored, params);
    });
    aggregate.merge(a, b);
    return aggregate.finish(a, asOf);
  };

/** Every fact enters where its window opens and leaves where it closes, up to `asOf`. */
const sweeping: Answer = (lookup, at, facts, asOf) => {
  const { params, window } = nodeOf(lookup, at);
  const sliding = aggregateOf(lookup, at).sliding(params);
  const turns = facts.flatMap((fact) => {
    const open = opens(window, fact.eventTime, fact.knownTime);
    const close = closes(window, fact.eventTime);
    return open < close
      ? [
          { time: open, fact, enters: true },
          { time: close, fact, enters: false },
        ]
      : [];
  });
  turns.sort((a, b) => a.time - b.time || Number(a.enters) - Number(b.enters));
  for (const { time, fact, enters } of turns) {
    if (time >= asOf) break;
    if (enters) sliding.add(fact.value, fact.eventTime, fact.knownTime);
    else sliding.remove(fact.value, fact.eventTime, fact.knownTime);
  }
  return sliding.finish(asOf);
};

const engine = (name: string, answer: Answer): TestedEngine => ({
  name,
  fill: (question) => fillWith(answer, question),
});

describe.each([engine("init, add, merge, finish", adding(sees)), engine("sliding", sweeping)])(
  "an engine of $name",
  (each) => {
    it.each(engineLaws)("%s", async (law) => {
      await expect(checkEngine(each, { laws: [law], runs: 100 })).resolves.toBeUndefined();
    });
  },
);

describe("the suite finds an engine that", () => {
  const honest = adding(sees);
  const quick = { runs: 300, shrink: false };

  const peeking: Sees = (window, event, known, asOf) =>
    sees(window, event, known === asOf ? asOf - 1 : known, asOf);
  const eventOnly: Sees = (window, event, _, asOf) => sees(window, event, event, asOf);
  const openStart: Sees = (window, event, known, asOf) =>
    sees(window, event, known, asOf) &&
    (window.width === undefined || event !== asOf - (window.lag ?? 0) - window.width);

  it.each<[string, TestedEngine, number]>([
    ["sees a fact the moment it is learned", engine("peeking", adding(peeking)), 0],
    ["sees the future", engine("peeking", adding(peeking)), 1],
    ["takes what happened for what was known", engine("event", adding(eventOnly)), 1],
    ["loses the fact at the start of a window", engine("open", adding(openStart)), 0],
    [
      "loses rows that are there twice",
      {
        name: "unique",
        fill: (question) => {
          const seen = new Map(
            question.spine.map((row) => [JSON.stringify([row["who"], row["asked"]], text), row]),
          );
          return fillWith(honest, { ...question, spine: [...seen.values()] });
        },
      },
      2,
    ],
    [
      "depends on the order of facts",
      engine("first come", (lookup, at, facts, asOf) =>
        nodeOf(lookup, at).fn === "first" ? (facts[0]?.value ?? null) : honest(lookup, at, facts, asOf),
      ),
      3,
    ],
    [
      "does what it says it cannot",
      {
        ...engine("modest", honest),
        unsupported: (node) => (node.op === "aggregate" && node.fn === "topK" ? "no topK here" : undefined),
      },
      4,
    ],
  ])("%s", async (_, wrong, law) => {
    const laws = engineLaws.slice(law, law + 1);
    await expect(checkEngine(wrong, { ...quick, laws })).rejects.toThrow("Property failed");
  });

  it("but not one that refuses what it cannot", async () => {
    const modest: TestedEngine = {
      name: "modest",
      unsupported: (node) => (node.op === "aggregate" && node.fn === "topK" ? "no topK here" : undefined),
      fill: (question) => {
        for (const { node } of question.plan.lookups.flatMap((lookup) => lookup.aggregates)) {
          walk(node, (inner) => {
            if (inner.op !== "aggregate" || inner.fn !== "topK") return;
            throw new PawlError("unsupported", "This engine has no topK.");
          });
        }
        return fillWith(honest, question);
      },
    };
    await expect(checkEngine(modest, { runs: 60 })).resolves.toBeUndefined();
  });
});

const text = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);
