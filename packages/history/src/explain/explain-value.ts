import {
  type AggregateNode,
  aggregates,
  evaluator,
  type ExprNode,
  formatDuration,
  noArgument,
  parseInstant,
  PawlError,
  rewrite,
  type Scalar,
  type ScalarKind,
  type Value,
  walk,
} from "@pawl/core";
import { checkPlan } from "../check-plan.ts";
import { createTable } from "../engine/append.ts";
import { double, ident } from "../engine/sql.ts";
import { plainValue } from "../fill/on-demand-table.ts";
import { readBatches } from "../fill/read-batches.ts";
import { kindsOf, type Reach, selectColumns } from "../source/relation.ts";
import { SelectBuilder } from "../sql/select-builder.ts";
import { rowColumns } from "../spine/row-columns.ts";
import type {
  ExplainedAggregate,
  ExplainedFact,
  Explanation,
  ExplainRequest,
  Refusal,
} from "./explanation.ts";
import { nodeText } from "./node-text.ts";

/** A fact of the key with what the aggregate makes of it. */
interface Judged {
  readonly fact: ExplainedFact;
  readonly outcome: Refusal | "used";
}

/** See History.explainValue. Reads the facts of one key, and recomputes the value from those that count. */
export async function explainValue(reach: Reach, request: ExplainRequest): Promise<Explanation> {
  const { group, key, limit = 50 } = request;
  const feature = group.features.find(({ name }) => name === request.feature);
  if (!feature) {
    throw new PawlError("not_found", `There is no feature "${group.name}.${request.feature}".`, {
      expected: `one of ${group.features.map(({ name }) => name).join(", ")}`,
    });
  }
  if (key.length !== group.by.length) {
    throw new PawlError("invalid_input", `A key of "${group.name}" has ${group.by.length} part(s).`, {
      found: `${key.length}`,
      expected: `values of ${group.by.join(", ")}`,
    });
  }
  if (!Number.isInteger(limit) || limit < 0 || limit > 1000) {
    throw new PawlError("invalid_input", "limit must be a whole number from 0 to 1,000.", {
      found: String(limit),
    });
  }
  const asOf = parseInstant(request.asOf);
  const nodes = aggregatesIn(feature.node);
  checkPlan({
    lookups: [],
    models: [],
    outputs: [{ name: feature.name, kind: feature.node.kind, node: feature.node }],
  });
  const explained: ExplainedAggregate[] = [];
  for (const node of nodes) explained.push(await explainAggregate(reach, request, node, asOf, limit));
  return {
    feature: `${group.name}.${feature.name}`,
    asOf,
    value: combine(feature.node, nodes, explained, asOf),
    aggregates: explained,
  };
}

function aggregatesIn(node: ExprNode): AggregateNode[] {
  const found = new Map<string, AggregateNode>();
  walk(node, (inner) => inner.op === "aggregate" && found.set(JSON.stringify(inner), inner));
  return [...found.values()];
}

/** The feature from its aggregates, by the core's own evaluator. */
function combine(
  node: ExprNode,
  nodes: readonly AggregateNode[],
  explained: readonly ExplainedAggregate[],
  asOf: number,
): Value {
  const places = new Map(nodes.map((inner, i) => [JSON.stringify(inner), i]));
  const flat = rewrite(node, (inner) => {
    const place = inner.op === "aggregate" ? places.get(JSON.stringify(inner)) : undefined;
    return place === undefined ? inner : { op: "column", kind: inner.kind as "float", name: String(place) };
  });
  const evaluate = evaluator<null>(flat, (leaf) => {
    if (leaf.op === "asOf") return () => asOf;
    return () => (leaf.op === "column" ? (explained[Number(leaf.name)]?.value ?? null) : null);
  });
  return evaluate(null);
}

async function explainAggregate(
  reach: Reach,
  request: ExplainRequest,
  node: AggregateNode,
  asOf: number,
  limit: number,
): Promise<ExplainedAggregate> {
  const judged = await factsOf(reach, request, node, asOf, limit);
  const sliding = aggregates[node.fn].sliding(node.params);
  const groups = new Map<Judged["outcome"], { count: number; facts: ExplainedFact[] }>();
  for (const { fact, outcome } of judged) {
    if (outcome === "used") {
      const value = node.arg ? (fact.value ?? null) : noArgument;
      sliding.add(value, fact.eventTime as number, fact.knownTime as number);
    }
    const group = groups.get(outcome) ?? { count: 0, facts: [] };
    group.count++;
    // Facts come newest first.
    if (group.facts.length < limit) group.facts.push(fact);
    groups.set(outcome, group);
  }
  const { used = { count: 0, facts: [] }, ...refused } = Object.fromEntries(groups) as Partial<
    Record<Judged["outcome"], { count: number; facts: ExplainedFact[] }>
  >;
  return {
    says: saysOf(node),
    value: sliding.finish(asOf),
    used,
    refused: Object.entries(refused).map(([why, group]) => ({ why: why as Refusal, ...group })),
  };
}

/** All facts of the key, newest first, each with what becomes of it. */
async function factsOf(
  reach: Reach,
  { group, key }: ExplainRequest,
  node: AggregateNode,
  asOf: number,
  limit: number,
): Promise<Judged[]> {
  const { source } = group;
  const { session } = reach;
  if (key.includes(null)) return [];
  const columns = kindsOf(source.columns, new Set(Object.keys(source.columns)));
  const names = Object.keys(columns);
  const keyKinds = Object.fromEntries(group.by.map((name) => [name, columns[name] as ScalarKind]));
  const keyRow = Object.fromEntries(group.by.map((name, i) => [name, key[i]]));
  const keyTable = session.fresh("key");
  await createTable(session, keyTable, rowColumns([keyRow], keyKinds), 1);
  const from = await selectColumns(reach, source.name, reach.locate(source), columns);
  const own = `SELECT f.* FROM (${from}) f JOIN ${ident(keyTable)} k ON ${group.by
    .map((name) => `f.${ident(name)} = k.${ident(name)}`)
    .join(" AND ")}`;
  const builder = new SelectBuilder(`(${own})`, {
    column: ({ name }) => ident(name),
    asOf: () => double(asOf),
  });
  for (const name of names) builder.addSql(name, ident(name));
  builder.addSql("$event", ident(source.eventTime)).add("$known", source.knownTime);
  if (node.arg) builder.add("$value", node.arg);
  if (node.where) builder.add("$where", node.where);
  const { width, lag } = node.window;
  const end = double(asOf - (lag ?? 0));
  const isBounded = lag !== undefined || node.window.past === true;
  const keepsNull = node.fn === "first" || node.fn === "last";
  const outcome = [
    `WHEN "$event" IS NULL OR "$known" IS NULL THEN 'withoutTime'`,
    `WHEN "$known" >= ${double(asOf)} THEN 'notYetKnown'`,
    ...(width === undefined ? [] : [`WHEN "$event" < ${double(asOf - (lag ?? 0) - width)} THEN 'tooOld'`]),
    ...(isBounded ? [`WHEN "$event" >= ${end} THEN 'tooRecent'`] : []),
    ...(node.where ? [`WHEN "$where" IS NOT TRUE THEN 'filtered'`] : []),
    ...(node.arg && !keepsNull ? [`WHEN "$value" IS NULL THEN 'nullValue'`] : []),
  ];
  const judged = `SELECT *, CASE ${outcome.join(" ")} ELSE 'used' END AS "$outcome" FROM (${builder.build()}) ORDER BY "$event" DESC NULLS LAST, "$known" DESC`;
  const read = [
    ...names.map((name) => ({ sqlName: name, kind: columns[name] as ScalarKind })),
    { sqlName: "$event", kind: "timestamp" as const },
    { sqlName: "$known", kind: "timestamp" as const },
    { sqlName: "$outcome", kind: "string" as const },
    ...(node.arg ? [{ sqlName: "$value", kind: node.arg.kind }] : []),
  ];
  const facts: Judged[] = [];
  const shown = new Map<string, number>();
  for await (const batch of readBatches(session, `(${judged})`, read)) {
    for (let i = 0; i < batch.rows; i++) {
      const cells = batch.columns.map(
        ({ values, kind }) => plainValue(values[i] as Value, kind) as Scalar | null,
      );
      const [event, known, outcome, value] = cells.slice(names.length);
      const before = shown.get(String(outcome)) ?? 0;
      shown.set(String(outcome), before + 1);
      // A hot key has millions of facts; only those that are listed are put together.
      const cellsShown = before < limit ? names.map((name, n) => [name, cells[n] ?? null] as const) : [];
      facts.push({
        outcome: outcome as Judged["outcome"],
        fact: {
          eventTime: event as number | null,
          knownTime: known as number | null,
          ...(node.arg && { value: value ?? null }),
          fact: Object.fromEntries(cellsShown),
        },
      });
    }
  }
  await session.run(`DROP TABLE ${ident(keyTable)}`);
  return facts;
}

/** An aggregate in words close to its definition. */
function saysOf({ fn, arg, where, params, window }: AggregateNode): string {
  const inside = [
    ...(arg ? [nodeText(arg)] : []),
    ...Object.entries(params).map(([name, value]) =>
      name === "halfLife" ? formatDuration(value as Parameters<typeof formatDuration>[0]) : String(value),
    ),
  ];
  return [
    `${fn}(${inside.join(", ")})`,
    ...(where ? [`where ${nodeText(where)}`] : []),
    ...(window.width === undefined ? [] : [`over ${formatDuration(window.width)}`]),
    ...(window.lag === undefined ? [] : [`lagged ${formatDuration(window.lag)}`]),
  ].join(" ");
}
