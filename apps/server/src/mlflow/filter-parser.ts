import type { Filter } from "@pawl/ledger";
import { badFilter, type Token, tokenize } from "./filter-tokens.ts";

export type Operator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "LIKE"
  | "ILIKE"
  | "IN"
  | "NOT IN"
  | "IS NULL"
  | "IS NOT NULL";

export type Literal = { readonly text: string } | { readonly number: number };

/** One comparison as written: `metrics.auc > 0.9`. */
export interface Clause {
  /** "metrics" in `metrics.auc`; absent in a bare `status`. */
  readonly entity?: string;
  readonly key: string;
  readonly operator: Operator;
  /** None for IS [NOT] NULL, several for [NOT] IN, else one. */
  readonly values: readonly Literal[];
}

/** Says what a clause means, or throws a message saying why it means nothing; see `vocabulary.ts`. */
export type Meaning = (clause: Clause) => Filter;

const deepest = 40;
const operators = "= != < <= > >= LIKE ILIKE IN (…) IS NULL";

/**
 * A filter in MLflow's grammar, `clause (AND clause)*`, and beyond it OR, NOT and parentheses, as the
 * ledger's filter. AND binds closer than OR. An empty text is no filter.
 */
export function parseFilter(text: string | undefined, meaning: Meaning): Filter | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  return new Parser(text, meaning).whole();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #meaning: Meaning;
  #next = 0;
  #depth = 0;

  constructor(text: string, meaning: Meaning) {
    this.#text = text;
    this.#tokens = tokenize(text);
    this.#meaning = meaning;
  }

  whole(): Filter {
    const filter = this.#any();
    if (this.#peek().kind !== "end")
      this.#refuse("a comparison is over, but more follows", "AND, OR or the end");
    return filter;
  }

  #any(): Filter {
    const parts = [this.#all()];
    while (this.#take("OR")) parts.push(this.#all());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { any: parts };
  }

  #all(): Filter {
    const parts = [this.#one()];
    while (this.#take("AND")) parts.push(this.#one());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { all: parts };
  }

  #one(): Filter {
    if (!this.#isWord("NOT") && this.#peek().kind !== "(") return this.#comparison();
    this.#depth += 1;
    if (this.#depth > deepest) this.#refuse("it is nested too deeply", `at most ${deepest} levels`);
    const filter = this.#take("NOT") ? { not: this.#one() } : this.#group();
    this.#depth -= 1;
    return filter;
  }

  #group(): Filter {
    this.#next += 1;
    const filter = this.#any();
    if (this.#peek().kind !== ")") this.#refuse("a parenthesis is not closed", ")");
    this.#next += 1;
    return filter;
  }

  #comparison(): Filter {
    const at = this.#peek().at;
    const first = this.#name("the name of a field, such as metrics.auc, params.depth, tags.team or status");
    let clause: Pick<Clause, "entity" | "key"> = { key: first };
    if (this.#peek().kind === ".") {
      this.#next += 1;
      let key = this.#name("a key; keys with spaces or signs go in backticks");
      while (this.#peek().kind === ".") {
        this.#next += 1;
        key += `.${this.#name("the rest of the key")}`;
      }
      clause = { entity: first, key };
    }
    const operator = this.#operator();
    const values = this.#values(operator);
    try {
      return this.#meaning({ ...clause, operator, values });
    } catch (thrown) {
      if (thrown instanceof Meaningless) return badFilter(this.#text, at, thrown.message, thrown.expected);
      throw thrown;
    }
  }

  #name(expected: string): string {
    const token = this.#peek();
    // A key may begin with a digit or be one: metrics.5.
    if (token.kind !== "word" && token.kind !== "quoted" && token.kind !== "number") {
      this.#refuse("a field is missing", expected);
    }
    this.#next += 1;
    return token.text;
  }

  #operator(): Operator {
    const token = this.#peek();
    if (token.kind === "operator") {
      this.#next += 1;
      return token.text === "<>" ? "!=" : (token.text as Operator);
    }
    if (this.#take("LIKE")) return "LIKE";
    if (this.#take("ILIKE")) return "ILIKE";
    if (this.#take("IN")) return "IN";
    if (this.#take("NOT")) {
      if (this.#take("IN")) return "NOT IN";
      this.#refuse("NOT is followed by something else here", "IN");
    }
    if (this.#take("IS")) {
      const not = this.#take("NOT");
      if (this.#take("NULL")) return not ? "IS NOT NULL" : "IS NULL";
      this.#refuse("IS is followed by something else", "NULL or NOT NULL");
    }
    return this.#refuse("a comparison is missing", operators);
  }

  #values(operator: Operator): readonly Literal[] {
    if (operator === "IS NULL" || operator === "IS NOT NULL") return [];
    if (operator !== "IN" && operator !== "NOT IN") return [this.#literal()];
    if (this.#peek().kind !== "(") this.#refuse("a list is missing", "('one', 'two')");
    const values: Literal[] = [];
    do {
      this.#next += 1;
      // A comma may end the list, as in Python's ('one',).
      if (values.length > 0 && this.#peek().kind === ")") break;
      values.push(this.#literal());
    } while (this.#peek().kind === ",");
    if (this.#peek().kind !== ")") this.#refuse("a list is not closed", ", or )");
    this.#next += 1;
    return values;
  }

  #literal(): Literal {
    const token = this.#peek();
    if (token.kind === "number") {
      this.#next += 1;
      return { number: Number(token.text) };
    }
    // Backticks are for keys; a value in them is a mistake MLflow does not accept either.
    if (token.kind === "string" || (token.kind === "quoted" && token.source.startsWith('"'))) {
      this.#next += 1;
      return { text: token.text };
    }
    return this.#refuse("a value is missing", "a number, or text in quotes such as 'high'");
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", source: "", at: this.#text.length };
  }

  #isWord(word: string): boolean {
    const token = this.#peek();
    return token.kind === "word" && token.text.toUpperCase() === word;
  }

  #take(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#next += 1;
    return true;
  }

  #refuse(message: string, expected: string): never {
    return badFilter(this.#text, this.#peek().at, message, expected);
  }
}

/** A clause that is well formed but means nothing for the noun searched. */
export class Meaningless extends Error {
  readonly expected: string;

  constructor(message: string, expected: string) {
    super(message);
    this.expected = expected;
  }
}
