import { PawlError } from "@pawl/core";

export type TokenKind = "word" | "quoted" | "string" | "number" | "operator" | "." | "(" | ")" | "," | "end";

/** A piece of a filter and where it stands. */
export interface Token {
  readonly kind: TokenKind;
  /** Without quotes. */
  readonly text: string;
  /** As written, for messages. */
  readonly source: string;
  readonly at: number;
}

const longest = 20_000;

/** Sticky patterns in the order they are tried. Backticks quote keys, ' values, and " either. */
const patterns: readonly (readonly [TokenKind | "space", RegExp])[] = [
  ["space", /\s+/y],
  ["operator", /<=|>=|!=|<>|=|<|>/y],
  ["(", /\(/y],
  [")", /\)/y],
  [",", /,/y],
  ["string", /'(?:[^']|'')*'/y],
  ["quoted", /`[^`]*`|"(?:[^"]|"")*"/y],
  ["number", /[+-]?(?:\d+\.?\d*|(?<![\p{L}\p{N}_`"])\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.\-/:])/uy],
  [".", /\./y],
  ["word", /[\p{L}\p{N}_][\p{L}\p{N}_\-/:@]*/uy],
];

/** Refuses a filter and shows the place. */
export function badFilter(text: string, at: number, message: string, expected: string): never {
  const near = text.slice(at, at + 30);
  throw new PawlError("invalid_input", `The filter is not understood: ${message}.`, {
    found: near === "" ? "the end of the filter" : `${JSON.stringify(near)} at position ${at}`,
    expected,
  });
}

/** Cuts a filter into tokens; the last is `end`. */
export function tokenize(text: string): readonly Token[] {
  if (text.length > longest) {
    badFilter(text, longest, `it has ${text.length} characters`, `at most ${longest} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const token = tokenAt(text, at);
    if (token === undefined) {
      const quote = text[at] === "'" || text[at] === '"' || text[at] === "`";
      badFilter(
        text,
        at,
        quote ? "a quote is not closed" : "there is a character that has no meaning here",
        "comparisons such as metrics.auc > 0.9 or tags.team = 'risk', joined by AND or OR",
      );
    }
    at += token.source.length;
    if (token.kind !== "space") tokens.push({ ...token, kind: token.kind });
  }
  tokens.push({ kind: "end", text: "", source: "", at: text.length });
  return tokens;
}

function tokenAt(
  text: string,
  at: number,
): (Omit<Token, "kind"> & { kind: TokenKind | "space" }) | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const source = pattern.exec(text)?.[0];
    if (source !== undefined) return { kind, source, text: bare(kind, source), at };
  }
  return undefined;
}

function bare(kind: TokenKind | "space", source: string): string {
  if (kind !== "string" && kind !== "quoted") return source;
  const quote = source.charAt(0);
  return source.slice(1, -1).replaceAll(quote + quote, quote);
}
