import {
  type AggregateNode,
  type Evaluate,
  type ExprNode,
  evaluator,
  type LeafNode,
  type Lookup,
  outputEvaluators,
  type Plan,
  type Scalar,
  sees,
  type Source,
  type Value,
  walk,
} from "@pawl/core";
import { cell, type Facts, type Row } from "./facts.ts";
import { type Answer, type SeenFact, textbook } from "./textbook.ts";

/** What to fill: `asOf` names the column of the spine that holds each row's moment. */
export interface Question {
  readonly plan: Plan;
  readonly spine: readonly Row[];
  readonly asOf: string;
  readonly facts: Facts;
}

/** What another engine may answer: `value` give or take `error`, or one of `others` where that decides a yes or no. */
export interface Expectation extends Answer {
  readonly others: readonly Value[];
}

export interface OracleOptions {
  /** How far sums of floats may be off, relative to the sum of magnitudes. Default 10⁻¹². */
  readonly tolerance?: number;
}

/** The values of a view, by the letter of the laws and without any haste: what every engine is compared with. */
export function oracle(question: Question): Record<string, Value>[] {
  const names = question.plan.outputs.map((output) => output.name);
  return expectations(question).map((row) =>
    Object.fromEntries(names.map((name, i) => [name, row[i]?.value ?? null])),
  );
}

/** The same with the error allowed in each: one list per row, in the order of the plan's outputs. */
export function expectations(question: Question, options: OracleOptions = {}): Expectation[][] {
  const { tolerance = 1e-12 } = options;
  const { plan, spine, asOf, facts } = question;
  const read = (leaf: LeafNode): Evaluate<Row> => {
    if (leaf.op === "asOf") return (row) => cell(row, asOf);
    if (leaf.op === "column") return (row) => cell(row, leaf.name);
    throw new Error(`A plan has no ${leaf.op} in its outputs.`);
  };
  const outputs = outputEvaluators(plan, read);
  const lookups = plan.lookups.map((lookup) => ({
    lookup,
    readings: lookup.aggregates.map(({ node }) => readings(lookup.source, node, facts)),
  }));
  return spine.map((row) => {
    const answers = new Map<string, Answer>();
    for (const { lookup, readings } of lookups) {
      for (const [i, { slot, node }] of lookup.aggregates.entries()) {
        const moment = cell(row, asOf) as number | null;
        const seen = moment === null ? [] : seenBy(row, moment, lookup, node, readings[i] ?? []);
        answers.set(slot, textbook(node, seen, moment ?? 0, tolerance));
      }
    }
    return outputs.map((evaluate, i) => expectation(plan, i, evaluate, row, answers, tolerance));
  });
}

/** A fact with what one aggregate needs of it. */
interface Reading extends SeenFact {
  readonly row: Row;
}

/** The facts that can ever be seen: both times known, and the condition true. */
function readings(source: Source, node: AggregateNode, facts: Facts): Reading[] {
  const column = (leaf: LeafNode): Evaluate<Row> => {
    if (leaf.op === "column") return (row) => cell(row, leaf.name);
    throw new Error(`A fact has no ${leaf.op}.`);
  };
  const knownTime = evaluator(source.knownTime, column);
  const condition = node.where ? evaluator(node.where, column) : () => true;
  const argument = node.arg ? evaluator(node.arg, column) : () => 1;
  return (facts[source.name] ?? []).flatMap((row) => {
    const event = cell(row, source.eventTime) as number | null;
    const known = knownTime(row) as number | null;
    if (event === null || known === null || condition(row) !== true) return [];
    return [{ row, eventTime: event, knownTime: known, value: argument(row) as Scalar | null }];
  });
}

function seenBy(
  row: Row,
  asOf: number,
  lookup: Lookup,
  node: AggregateNode,
  all: readonly Reading[],
): Reading[] {
  const key = lookup.columns.map((column) => cell(row, column));
  return all.filter((fact) => {
    const own = lookup.by.map((column) => cell(fact.row, column));
    const isSameKey = own.every((part, i) => part !== null && part === key[i]);
    return isSameKey && sees(node.window, fact.eventTime, fact.knownTime, asOf);
  });
}

/** sin, cos, … differ between mathematical libraries in the last digits. */
const transcendental = new Set(["ln", "exp", "power", "sin", "cos"]);

/**
 * Where in its error each uncertain aggregate is moved to. Several places, since a sine or a remainder of a
 * large number goes up and down within the error.
 */
const places = [1, -1, 0.81, -0.79, 0.59, -0.61, 0.37, -0.41, 0.23, -0.19, 0.11, -0.07];

/**
 * Propagation of error: each uncertain aggregate in turn is moved within its error, and twice what that does
 * to the output is allowed.
 */
function expectation(
  plan: Plan,
  position: number,
  evaluate: Evaluate<Row>,
  row: Row,
  answers: ReadonlyMap<string, Answer>,
  tolerance: number,
): Expectation {
  const values = Object.fromEntries([...answers].map(([slot, answer]) => [slot, answer.value]));
  const value = evaluate({ ...row, ...values });
  const others: Value[] = [];
  let error = 0;
  const nodes = outputNodes(plan, position);
  for (const [slot, answer] of answers) {
    if (answer.error === 0 || typeof answer.value !== "number" || !uses(nodes, slot)) continue;
    let furthest = 0;
    for (const place of places) {
      const other = evaluate({ ...row, ...values, [slot]: answer.value + place * answer.error });
      if (typeof other === "number" && typeof value === "number") {
        furthest = Math.max(furthest, Math.abs(other - value));
      } else if (!others.some((seen) => Object.is(seen, other))) others.push(other);
    }
    error += 2 * furthest;
  }
  const isRough = nodes.some((node) => contains(node, (n) => n.op === "call" && transcendental.has(n.fn)));
  if (isRough && typeof value === "number") error += tolerance * Math.abs(value) + Number.MIN_VALUE;
  return { value, error, others };
}

function outputNodes(plan: Plan, position: number): readonly ExprNode[] {
  const output = plan.outputs[position];
  return output?.node ? [output.node] : Object.values(output?.onDemand?.inputs ?? {});
}

const uses = (nodes: readonly ExprNode[], slot: string): boolean =>
  nodes.some((node) => contains(node, (n) => n.op === "column" && n.name === slot));

function contains(node: ExprNode, test: (node: ExprNode) => boolean): boolean {
  let found = false;
  walk(node, (inner) => {
    found ||= test(inner);
  });
  return found;
}
