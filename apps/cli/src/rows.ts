import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type JsonValue, type Kind, PawlError } from "@pawl/core";

/** A column that words of the command line may be meant for. */
export interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** Rows may also name the entity, where it is clear which column that is. */
  readonly entity?: string;
}

export type Row = Readonly<Record<string, JsonValue>>;

/** Rows of a command: one of column=value words, or many from a file. */
export async function readRows(
  columns: readonly string[],
  file: string | undefined,
  cwd: string,
): Promise<Row[]> {
  if (file === undefined) return [Object.fromEntries(columns.map(cell))];
  if (columns.length > 0) {
    throw new PawlError("invalid_input", "Rows come from the file or from the command line, not both.", {
      found: `${columns.join(" ")} and --file ${file}`,
    });
  }
  const path = resolve(cwd, file);
  const text = await readFile(path, "utf8").catch((thrown: unknown) => {
    throw new PawlError("not_found", "The file with the rows cannot be read.", {
      found: path,
      cause: thrown,
    });
  });
  const rows = text.trimStart().startsWith("[") ? parsed(text, path) : lines(text, path);
  if (!Array.isArray(rows) || rows.length === 0) {
    throw new PawlError("invalid_input", "The file has no rows.", {
      found: path,
      expected: "a JSON list of objects, or one JSON object a line",
    });
  }
  const wrong = rows.findIndex((row) => typeof row !== "object" || row === null || Array.isArray(row));
  if (wrong < 0) return rows as Row[];
  throw new PawlError("invalid_input", `Row ${wrong} of the file is not an object.`, {
    found: JSON.stringify(rows[wrong]).slice(0, 60),
    expected: "column → value",
  });
}

function lines(text: string, path: string): unknown[] {
  return text
    .split("\n")
    .map((line, i) => ({ line: line.trim(), place: `${path}:${i + 1}` }))
    .filter(({ line }) => line !== "")
    .map(({ line, place }) => parsed(line, place));
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new PawlError("invalid_input", "The file with the rows is not JSON.", {
      found: `${place}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      expected: "a JSON list of objects, or one JSON object a line",
    });
  }
}

/** `origin=ORD`, split. */
function cell(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new PawlError("invalid_input", "A column is not name=value.", {
    found: text,
    expected: "such as origin=ORD",
  });
}

/** Words of the command line as values of the columns they are for; the loop refuses what fits no column. */
export function typedRow(words: Readonly<Record<string, JsonValue>>, columns: readonly Column[]): Row {
  return Object.fromEntries(
    Object.entries(words).map(([name, word]) => {
      const kind = (columns.find((c) => c.name === name) ?? columns.find((c) => c.entity === name))?.kind;
      return [name, typed(String(word), kind)];
    }),
  );
}

function typed(word: string, kind: Kind | undefined): JsonValue {
  if (kind === "string" || kind === "timestamp" || kind === "bigint") return word;
  if (word === "null") return null;
  if (kind === "bool") return word === "true" || word === "false" ? word === "true" : word;
  return word.trim() !== "" && Number.isFinite(Number(word)) ? Number(word) : word;
}
