import type { Comparison, Field, Filter } from "@pawl/ledger";
import { type Clause, type Literal, Meaningless, type Meaning, type Operator } from "./filter-parser.ts";

/** How an attribute of the wire is written in the ledger. */
export interface Attribute {
  readonly key: string;
  /** "millis": whole milliseconds on the wire, microseconds in the ledger. */
  readonly type: "text" | "number" | "millis";
  /** A value of the wire as the ledger keeps it: "FINISHED" → "finished". */
  readonly value?: (text: string) => string;
}

/** What can be asked of one noun, in MLflow's words. */
export interface Vocabulary {
  /** "a run", "a registered model": for messages. */
  readonly noun: string;
  readonly kinds: readonly ("metric" | "param" | "tag" | "dataset")[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly datasetKeys?: readonly string[];
  /** Fields that mean something else than they say. */
  readonly special?: (clause: Clause & { readonly kind: Field["of"] }) => Filter | undefined;
}

const kindOf: Readonly<Record<string, Field["of"]>> = {
  metric: "metric",
  metrics: "metric",
  param: "param",
  params: "param",
  parameter: "param",
  parameters: "param",
  tag: "tag",
  tags: "tag",
  attr: "attribute",
  attribute: "attribute",
  attributes: "attribute",
  run: "attribute",
  dataset: "dataset",
  datasets: "dataset",
};

const numeric: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">="];
const textual: readonly Operator[] = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];
const presence: readonly Operator[] = ["IS NULL", "IS NOT NULL"];

/** "metrics" → metric; refuses what the noun does not have. */
export function kindNamed(vocabulary: Vocabulary, entity: string | undefined): Field["of"] {
  if (entity === undefined) return "attribute";
  const kind = Object.hasOwn(kindOf, entity) ? kindOf[entity] : undefined;
  if (kind === "attribute" || (kind !== undefined && vocabulary.kinds.includes(kind))) return kind;
  const known = ["attribute", ...vocabulary.kinds].join(", ");
  throw new Meaningless(
    `${vocabulary.noun} has no "${entity}"`,
    `one of ${known}, followed by a dot and a key`,
  );
}

export function attributeNamed(vocabulary: Vocabulary, key: string): Attribute {
  const attribute = Object.hasOwn(vocabulary.attributes, key) ? vocabulary.attributes[key] : undefined;
  if (attribute !== undefined) return attribute;
  throw new Meaningless(
    `${vocabulary.noun} has no attribute "${key}"`,
    Object.keys(vocabulary.attributes).join(", "),
  );
}

/** What clauses about a noun mean. */
export function meaningIn(vocabulary: Vocabulary): Meaning {
  return (clause) => {
    const kind = kindNamed(vocabulary, clause.entity);
    const special = vocabulary.special?.({ ...clause, kind });
    if (special !== undefined) return special;
    switch (kind) {
      case "metric":
        allow(clause, [...numeric, ...presence]);
        return aboutMetric(clause);
      case "param":
      case "tag":
        allow(clause, [...textual, ...presence]);
        return textComparison({ of: kind, key: clause.key }, clause);
      case "dataset":
        allow(clause, textual);
        if (!(vocabulary.datasetKeys ?? []).includes(clause.key)) {
          throw new Meaningless(
            `a dataset has no "${clause.key}"`,
            (vocabulary.datasetKeys ?? []).join(", "),
          );
        }
        return textComparison({ of: "dataset", key: clause.key }, clause);
      case "attribute":
        return aboutAttribute(attributeNamed(vocabulary, clause.key), clause);
    }
  };
}

function allow({ operator, key }: Clause, allowed: readonly Operator[]): void {
  if (allowed.includes(operator)) return;
  throw new Meaningless(`${key} cannot be compared with ${operator}`, allowed.join(" "));
}

function textOf(literal: Literal | undefined, key: string): string {
  if (literal !== undefined && "text" in literal) return literal.text;
  throw new Meaningless(`${key} is text and is compared with a number`, "text in quotes");
}

function numberOf(literal: Literal | undefined, key: string): number {
  if (literal !== undefined && "number" in literal) return literal.number;
  throw new Meaningless(`${key} is a number and is compared with text`, "a number without quotes");
}

const identity = (text: string): string => text;

function textComparison(field: Field, clause: Clause, value: (text: string) => string = identity): Filter {
  const { operator, values, key } = clause;
  const all = values.map((literal) => value(textOf(literal, key)));
  const [first = ""] = all;
  switch (operator) {
    case "IS NULL":
      return { field, is: "is-null" };
    case "IS NOT NULL":
      return { field, is: "is-not-null" };
    case "IN":
      return { field, is: "in", value: all };
    case "NOT IN":
      return { field, is: "not-in", value: all };
    case "LIKE":
      return { field, is: "like", value: first };
    case "ILIKE":
      return { field, is: "ilike", value: first };
    default:
      return { field, is: operator, value: first };
  }
}

type Numeric = Extract<Comparison, { readonly is: "=" | "!=" | "<" | "<=" | ">" | ">=" }>["is"];

function aboutMetric(clause: Clause): Filter {
  const field: Field = { of: "metric", key: clause.key };
  if (clause.operator === "IS NULL") return { field, is: "is-null" };
  if (clause.operator === "IS NOT NULL") return { field, is: "is-not-null" };
  const value = numberOf(clause.values[0], clause.key);
  // NaN differs from every number, and the ledger takes it for lacking: so "there, and not equal".
  if (clause.operator === "!=") {
    return { all: [{ field, is: "is-not-null" }, { not: { field, is: "=", value } }] };
  }
  return { field, is: clause.operator as Numeric, value };
}

function aboutAttribute(attribute: Attribute, clause: Clause): Filter {
  const field: Field = { of: "attribute", key: attribute.key };
  if (clause.operator === "IS NULL") return { field, is: "is-null" };
  if (clause.operator === "IS NOT NULL") return { field, is: "is-not-null" };
  if (attribute.type === "text") {
    allow(clause, textual);
    return textComparison(field, clause, attribute.value);
  }
  allow(clause, numeric);
  const operator = clause.operator as Numeric;
  const value = numberOf(clause.values[0], clause.key);
  return attribute.type === "number" ? { field, is: operator, value } : aboutMillis(field, operator, value);
}

/** A moment of the ledger counts as the millisecond it lies in. */
function aboutMillis(field: Field, operator: Numeric, millis: number): Filter {
  const from = Math.ceil(millis) * 1000;
  const until = (Math.floor(millis) + 1) * 1000;
  switch (operator) {
    case ">=":
      return { field, is: ">=", value: from };
    case "<":
      return { field, is: "<", value: from };
    case ">":
      return { field, is: ">=", value: until };
    case "<=":
      return { field, is: "<", value: until };
    case "=":
      return {
        all: [
          { field, is: ">=", value: from },
          { field, is: "<", value: until },
        ],
      };
    case "!=":
      return {
        any: [
          { field, is: "<", value: from },
          { field, is: ">=", value: until },
        ],
      };
  }
}
