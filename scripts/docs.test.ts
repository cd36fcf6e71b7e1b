import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Every snippet in README.md and docs/ that can run is run. The info string of a fence says how:
//   ```ts run              a module, run from the snippet project
//   ```ts file=pawl.ts     written to the snippet project under that name
//   ```sh run              commands, run in the snippet project with `pawl` on the path
//   ```… shown             shown only, for a reason a reader can see (it needs two terminals, say)
// Each document has a snippet project of its own, inside the workspace so that packages resolve.

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const projects = join(root, ".pawl", "snippets");

interface Snippet {
  readonly line: number;
  readonly language: string;
  readonly how: string;
  readonly text: string;
}

function documents(): string[] {
  const folder = join(root, "docs");
  const found = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  return [
    "README.md",
    "CONTRIBUTING.md",
    ...found.filter((f) => f.endsWith(".md")).map((f) => join("docs", f)),
  ].filter((file) => existsSync(join(root, file)));
}

function snippets(text: string): Snippet[] {
  const lines = text.split("\n");
  const found: Snippet[] = [];
  for (let i = 0; i < lines.length; i++) {
    const open = /^```(\w+)?\s*(.*)$/.exec(lines[i] ?? "");
    if (!open) continue;
    const start = i + 1;
    while (++i < lines.length && lines[i] !== "```");
    found.push({
      line: start,
      language: open[1] ?? "",
      how: open[2] ?? "",
      text: lines.slice(start, i).join("\n"),
    });
  }
  return found;
}

function execute(snippet: Snippet, project: string): void {
  const file = /^file=(\S+)$/.exec(snippet.how)?.[1];
  if (file !== undefined) {
    const target = resolve(project, file);
    if (relative(project, target).startsWith(".."))
      throw new Error(`${file} leads out of the snippet project`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, snippet.text);
    return;
  }
  const bin = join(root, "node_modules", ".bin");
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1" };
  const options = { cwd: project, env, encoding: "utf8", timeout: 240_000 } as const;
  const script = join(project, `snippet-${snippet.line}.ts`);
  if (snippet.language === "ts") writeFileSync(script, snippet.text);
  const done =
    snippet.language === "ts"
      ? spawnSync(process.execPath, ["--import", "tsx", script], options)
      : spawnSync("bash", ["-euo", "pipefail", "-c", snippet.text], options);
  if (done.status !== 0)
    throw new Error(`line ${snippet.line}: exit ${done.status}\n${done.stdout}\n${done.stderr}`);
}

const runnable = (s: Snippet): boolean => s.how === "run" || s.how.startsWith("file=");

describe.each(documents())("%s", (file) => {
  const text = readFileSync(join(root, file), "utf8");
  const all = snippets(text);

  it("says of every snippet whether it runs", () => {
    const unsaid = all.filter(
      (s) =>
        ["ts", "sh", "bash", "js", "python"].includes(s.language) &&
        !runnable(s) &&
        !s.how.startsWith("shown"),
    );
    expect(unsaid.map((s) => `line ${s.line}: ${s.language} ${s.how}`)).toEqual([]);
  });

  it("links to files that are there", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map((m) => m[1] ?? "");
    expect(links.filter((link) => !existsSync(resolve(root, dirname(file), decodeURI(link))))).toEqual([]);
  });

  const project = join(projects, file.replaceAll(/\W/g, "-"));
  beforeAll(() => mkdirSync(project, { recursive: true }));
  afterAll(() => rmSync(project, { recursive: true, force: true }));
  it.each(all.filter(runnable).map((s) => [`line ${s.line} (${s.language})`, s] as const))(
    "%s runs",
    { timeout: 300_000 },
    (_, snippet) => expect(() => execute(snippet, project)).not.toThrow(),
  );
});
