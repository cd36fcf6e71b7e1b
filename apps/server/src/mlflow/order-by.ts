import { PawlError } from "@pawl/core";
import type { Field, Order } from "@pawl/ledger";
import { Meaningless } from "./filter-parser.ts";
import { tokenize } from "./filter-tokens.ts";
import { attributeNamed, kindNamed, type Vocabulary } from "./vocabulary.ts";

/** `order_by` of the wire: "metrics.auc DESC", "start_time", "params.`learning rate` ASC". */
export function parseOrderBy(clauses: readonly string[], vocabulary: Vocabulary): readonly Order[] {
  const seen = new Set<string>();
  return clauses.map((clause) => {
    const order = parseClause(clause, vocabulary);
    const name = `${order.field.of}.${order.field.key}`;
    if (seen.has(name)) refuse(clause, "It names the same field twice.", "each field once");
    seen.add(name);
    return order;
  });
}

function refuse(clause: string, message: string, expected: string): never {
  throw new PawlError("invalid_input", `The order_by clause is not understood. ${message}`, {
    found: JSON.stringify(clause.slice(0, 200)),
    expected,
  });
}

function parseClause(clause: string, vocabulary: Vocabulary): Order {
  const tokens = tokenize(clause).filter(({ kind }) => kind !== "end");
  const last = tokens.at(-1);
  const direction = last?.kind === "word" ? last.text.toUpperCase() : "";
  const directed =
    tokens.length > 1 && tokens.at(-2)?.kind !== "." && (direction === "ASC" || direction === "DESC");
  const name = directed ? tokens.slice(0, -1) : tokens;
  const wellFormed = name.every(({ kind }, index) =>
    index % 2 === 1 ? kind === "." : kind === "word" || kind === "quoted" || kind === "number",
  );
  if (name.length % 2 === 0 || !wellFormed) {
    refuse(clause, "It is not a field and a direction.", "such as metrics.auc DESC or start_time ASC");
  }
  const parts = name.filter(({ kind }) => kind !== ".").map(({ text }) => text);
  const entity = parts.length > 1 ? parts[0] : undefined;
  const key = parts.slice(parts.length > 1 ? 1 : 0).join(".");
  try {
    return { field: fieldNamed(vocabulary, entity, key), descending: directed && direction === "DESC" };
  } catch (thrown) {
    if (thrown instanceof Meaningless) return refuse(clause, `${thrown.message}.`, thrown.expected);
    throw thrown;
  }
}

/** A field to order by. */
export function fieldNamed(vocabulary: Vocabulary, entity: string | undefined, key: string): Field {
  const kind = kindNamed(vocabulary, entity);
  if (kind === "dataset")
    throw new Meaningless("a run may have several datasets", "another field to order by");
  if (kind === "attribute") return { of: kind, key: attributeNamed(vocabulary, key).key };
  if (kind === "tag" && key === "mlflow.runName" && "run_name" in vocabulary.attributes) {
    return { of: "attribute", key: "name" };
  }
  return { of: kind, key };
}
