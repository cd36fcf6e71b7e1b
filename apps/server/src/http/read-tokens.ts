import { readFile, stat } from "node:fs/promises";
import { PawlError } from "@pawl/core";
import { type Scope, scopes, type Token } from "./gate.ts";

/**
 * Tokens from the environment and from a file. `PAWL_TOKEN` holds one token of every scope. The file has
 * a line for each: `<scope> <token> [name]`; lines that start with # are passed over.
 */
export async function readTokens(options: {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly file?: string;
}): Promise<Token[]> {
  const tokens: Token[] = [];
  const secret = options.env?.["PAWL_TOKEN"]?.trim();
  if (secret) tokens.push({ name: "PAWL_TOKEN", scope: "admin", secret });
  if (options.file !== undefined) tokens.push(...(await readTokenFile(options.file)));
  return tokens;
}

async function readTokenFile(file: string): Promise<Token[]> {
  const text = await readFile(file, "utf8").catch((thrown: unknown) => {
    throw new PawlError("invalid_input", "The token file cannot be read.", {
      found: file,
      next: "Correct the path, or create the file with lines of <scope> <token> [name].",
      cause: thrown,
    });
  });
  const { mode } = await stat(file);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new PawlError("invalid_input", "Others on this machine can read the token file.", {
      found: `${file} with mode ${(mode & 0o777).toString(8)}`,
      expected: "600",
      next: `chmod 600 ${file}`,
    });
  }
  const lines = text.split(/\r?\n/).map((line, i) => ({ words: line.trim().split(/\s+/), number: i + 1 }));
  const tokens = lines
    .filter(({ words: [first = ""] }) => first !== "" && !first.startsWith("#"))
    .map(({ words: [scope = "", secret = "", name], number }): Token => {
      if (isScope(scope) && secret !== "") return { scope, secret, name: name ?? `line ${number}` };
      // The line itself is not shown: it may hold a secret.
      throw new PawlError("invalid_input", `Line ${number} of the token file is not a token.`, {
        expected: `<scope> <token> [name], with a scope of ${scopes.join(", ")}`,
      });
    });
  if (tokens.length > 0) return tokens;
  throw new PawlError("invalid_input", "The token file has no tokens.", { found: file });
}

const isScope = (word: string): word is Scope => (scopes as readonly string[]).includes(word);
