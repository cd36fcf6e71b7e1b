import { PawlError } from "@pawl/core";
import type { Comparison, Field, Filter, Order, Scalar } from "../filter.ts";
import type { PageRequest, Presence } from "../words.ts";
import { oneOf, type Piece, piece, where } from "./conditions.ts";
import { pageLimit, questionMark, readCursor, writeCursor } from "./cursor.ts";
import type { Sql, SqlValue } from "./database.ts";

type ValueType = "text" | "number";

interface Attribute {
  readonly column: string;
  readonly type: ValueType;
}

/** A table of (owner, key, value) rows, one for each key of a thing. */
interface KeyedTable {
  readonly table: string;
  readonly owner: string;
  readonly type: ValueType;
}

/** What can be asked of one noun. Its table is `t` in every expression here. */
export interface Searchable {
  /** The noun in the user's words, for messages. */
  readonly noun: string;
  readonly from: string;
  /** Column by which keyed tables refer to a row. */
  readonly owner: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly keyed: Partial<Record<Field["of"], KeyedTable>>;
  /** A table of things a row has several of; a comparison holds if it does for one of them. */
  readonly many?: {
    readonly of: Field["of"];
    readonly table: string;
    readonly owner: string;
    readonly columns: Readonly<Record<string, string>>;
  };
  /** The order when nothing else is said; the last of it is unique. None of it may be null. */
  readonly natural: readonly { readonly column: string; readonly descending?: boolean }[];
  readonly usualLimit: number;
  readonly mostLimit: number;
}

/** Beyond these a filter is refused: nobody writes one, and a deep one would overflow the database's parser. */
const deepest = 50;
const mostComparisons = 500;

function refuse(message: string, found: string, expected: string): never {
  throw new PawlError("invalid_input", message, { found, expected, next: "Change the filter or order." });
}

function known(noun: Searchable): string {
  const fields = Object.keys(noun.attributes);
  return [...fields, ...Object.keys(noun.keyed).map((of) => `${of}.<key>`)].join(", ");
}

function unknownField(noun: Searchable, field: Field): never {
  return refuse(`A ${noun.noun} has no ${field.of} ${field.key}.`, `${field.of}.${field.key}`, known(noun));
}

const likeEscaped = (pattern: string): string => pattern.replaceAll("\\", "\\\\");

/** One comparison of an SQL expression. NULL never satisfies it; callers see to two-valued logic. */
function compare(expression: string, type: ValueType, { is, ...rest }: Comparison, shown: string): Piece {
  if (is === "is-null" || is === "is-not-null")
    return piece(`${expression} ${is === "is-null" ? "IS NULL" : "IS NOT NULL"}`);
  const value = "value" in rest ? rest.value : undefined;
  // A whole-number column may be compared with 0.5; PostgreSQL would take the value for a whole number too.
  const mark = type === "number" ? "CAST(? AS DOUBLE PRECISION)" : "?";
  const check = (one: unknown): Scalar => {
    if (type === "number" ? typeof one === "number" && !Number.isNaN(one) : typeof one === "string") {
      return one as Scalar;
    }
    return refuse(
      `${shown} is compared with a value of another type.`,
      JSON.stringify(one) ?? "nothing",
      type,
    );
  };
  switch (is) {
    case "in":
    case "not-in": {
      if (!Array.isArray(value))
        return refuse(`${shown} needs a list.`, JSON.stringify(value) ?? "nothing", "a list");
      const { text, values } = oneOf(expression, value.map(check), mark);
      return { text: is === "in" ? text : `NOT (${text})`, values };
    }
    case "like":
    case "ilike": {
      if (type === "number") return refuse(`${shown} is a number and has no pattern.`, is, "= != < <= > >=");
      const pattern = likeEscaped(String(check(value)));
      return is === "like"
        ? piece(`${expression} LIKE ? ESCAPE '\\'`, pattern)
        : piece(`LOWER(${expression}) LIKE LOWER(?) ESCAPE '\\'`, pattern);
    }
    case "=":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return piece(`${expression} ${is === "!=" ? "<>" : is} ${mark}`, check(value));
    default:
      return refuse(
        "The comparison is not known.",
        String(is),
        "= != < <= > >= like ilike in not-in is-null is-not-null",
      );
  }
}

function comparison(noun: Searchable, one: Comparison): Piece {
  const { field } = one;
  const shown = `${field.of} ${field.key}`;
  if (field.of === "attribute") {
    const attribute = Object.hasOwn(noun.attributes, field.key) ? noun.attributes[field.key] : undefined;
    if (attribute === undefined) return unknownField(noun, field);
    const { text, values } = compare(attribute.column, attribute.type, one, shown);
    if (one.is === "is-null" || one.is === "is-not-null") return { text, values };
    return { text: `${attribute.column} IS NOT NULL AND ${text}`, values };
  }
  const { many } = noun;
  if (many !== undefined && field.of === many.of) {
    const column = Object.hasOwn(many.columns, field.key) ? many.columns[field.key] : undefined;
    if (column === undefined) {
      return refuse(
        `A ${noun.noun}'s ${many.of} has no ${field.key}.`,
        field.key,
        Object.keys(many.columns).join(", "),
      );
    }
    const rows = `SELECT 1 FROM ${many.table} x WHERE x.${many.owner} = ${noun.owner} AND`;
    if (one.is === "is-null") return piece(`NOT EXISTS (${rows} x.${column} IS NOT NULL)`);
    const { text, values } = compare(`x.${column}`, "text", one, shown);
    return { text: `EXISTS (${rows} ${text})`, values };
  }
  const keyed = noun.keyed[field.of];
  if (keyed === undefined) return unknownField(noun, field);
  const rows = `SELECT 1 FROM ${keyed.table} x WHERE x.${keyed.owner} = ${noun.owner} AND x.key = ?`;
  if (one.is === "is-null") return piece(`NOT EXISTS (${rows})`, field.key);
  if (one.is === "is-not-null") return piece(`EXISTS (${rows})`, field.key);
  const { text, values } = compare("x.value", keyed.type, one, shown);
  return { text: `EXISTS (${rows} AND ${text})`, values: [field.key, ...values] };
}

/** A filter as SQL with bound values; `invalid_input` when the noun has no such field or the types differ. */
export function compileFilter(noun: Searchable, filter: Filter): Piece {
  let comparisons = 0;
  const compile = (one: Filter, depth: number): Piece => {
    if (depth > deepest)
      return refuse("The filter is nested too deeply.", `more than ${deepest} levels`, "a flatter one");
    if ("not" in one) {
      const inner = compile(one.not, depth + 1);
      return { text: `NOT (${inner.text})`, values: inner.values };
    }
    if ("all" in one || "any" in one) {
      const parts = ("all" in one ? one.all : one.any).map((part) => compile(part, depth + 1));
      if (parts.length === 0) return piece("all" in one ? "1 = 1" : "1 = 0");
      return {
        text: parts.map(({ text }) => `(${text})`).join("all" in one ? " AND " : " OR "),
        values: parts.flatMap(({ values }) => values),
      };
    }
    comparisons += 1;
    if (comparisons > mostComparisons) {
      return refuse(
        "The filter is too long.",
        `more than ${mostComparisons} comparisons`,
        "fewer, or an `in`",
      );
    }
    return comparison(noun, one);
  };
  return compile(filter, 0);
}

interface Term {
  readonly expression: string;
  readonly descending: boolean;
  readonly nullable: boolean;
}

function orderTerms(noun: Searchable, order: readonly Order[]): { joins: Piece; terms: readonly Term[] } {
  const joins: Piece[] = [];
  const terms: Term[] = [];
  if (order.length > 20) refuse("The order has too many terms.", String(order.length), "20 or fewer");
  for (const { field, descending = false } of order) {
    if (field.of === "attribute") {
      const attribute = Object.hasOwn(noun.attributes, field.key) ? noun.attributes[field.key] : undefined;
      if (attribute === undefined) unknownField(noun, field);
      terms.push({ expression: attribute.column, descending, nullable: true });
      continue;
    }
    const keyed = noun.keyed[field.of];
    if (keyed === undefined) return unknownField(noun, field);
    const alias = `o${joins.length}`;
    joins.push(
      piece(
        `LEFT JOIN ${keyed.table} ${alias} ON ${alias}.${keyed.owner} = ${noun.owner} AND ${alias}.key = ?`,
        field.key,
      ),
    );
    terms.push({ expression: `${alias}.value`, descending, nullable: true });
  }
  for (const { column, descending = false } of noun.natural) {
    terms.push({ expression: column, descending, nullable: false });
  }
  return {
    joins: { text: joins.map(({ text }) => text).join(" "), values: joins.flatMap(({ values }) => values) },
    terms,
  };
}

/** Rows after a position, in an order where nulls come last: (a after) or (a equal and ((b after) or …)). */
function after(terms: readonly Term[], position: readonly SqlValue[]): Piece {
  let condition: Piece = piece("1 = 0");
  for (const [index, { expression, descending, nullable }] of [...terms.entries()].reverse()) {
    const value = position[index] ?? null;
    const later: Piece =
      value === null
        ? piece("1 = 0")
        : piece(
            `${expression} ${descending ? "<" : ">"} ?${nullable ? ` OR ${expression} IS NULL` : ""}`,
            value,
          );
    const level: Piece = value === null ? piece(`${expression} IS NULL`) : piece(`${expression} = ?`, value);
    condition = {
      text: `(${later.text}) OR (${level.text} AND (${condition.text}))`,
      values: [...later.values, ...level.values, ...condition.values],
    };
  }
  return condition;
}

export interface Search extends PageRequest {
  readonly filter?: Filter;
  readonly order?: readonly Order[];
  readonly presence?: Presence;
}

/** Live, removed or both, for tables with `removed_at`. */
export function presenceCondition(presence: Presence = "live"): Piece | undefined {
  if (presence === "both") return undefined;
  return piece(presence === "removed" ? "t.removed_at IS NOT NULL" : "t.removed_at IS NULL");
}

/**
 * One page of rows. `extra` are conditions beside the filter; whatever decides them must be in `question`,
 * so that a cursor is bound to it.
 */
export async function searchRows<Row>(
  sql: Sql,
  noun: Searchable,
  search: Search,
  question: unknown,
  extra: readonly (Piece | undefined)[] = [],
): Promise<{ readonly rows: readonly Row[]; readonly next?: string }> {
  const limit = pageLimit(search, noun.usualLimit, noun.mostLimit);
  const { filter, order = [], presence } = search;
  const { joins, terms } = orderTerms(noun, order);
  const mark = questionMark([noun.noun, filter, order, presence, question].map((part) => part ?? null));
  const position = search.cursor === undefined ? undefined : readCursor(search.cursor, mark, terms.length);
  const condition = where([
    presenceCondition(presence),
    ...extra,
    filter && compileFilter(noun, filter),
    position && after(terms, position),
  ]);
  const orderText = terms
    .map(({ expression, descending, nullable }) => {
      return `${expression}${descending ? " DESC" : ""}${nullable ? " NULLS LAST" : ""}`;
    })
    .join(", ");
  const positions = terms.map(({ expression }, index) => `${expression} AS position_${index}`).join(", ");
  const found = await sql.all<Row & Record<string, SqlValue>>(
    `SELECT t.*, ${positions} FROM ${noun.from} ${joins.text} ${condition.text} ORDER BY ${orderText} LIMIT ?`,
    [...joins.values, ...condition.values, limit + 1],
  );
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  if (found.length <= limit || last === undefined) return { rows };
  return {
    rows,
    next: writeCursor(
      mark,
      terms.map((_, index) => last[`position_${index}`] ?? null),
    ),
  };
}
