import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPawl } from "../testing/run-pawl.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pawl-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function project(name: string, definitions: string, more: Readonly<Record<string, string>> = {}) {
  const directory = join(folder, name);
  await mkdir(directory, { recursive: true });
  for (const [file, text] of Object.entries({ "pawl.ts": definitions, ...more })) {
    await writeFile(join(directory, file), text);
  }
  return directory;
}

describe("pawl init", () => {
  it.each(["empty", "flights"])("writes the template %s, which can be applied, once", async (template) => {
    const made = await runPawl(["init", template, "--template", template, "--json"], { cwd: folder });
    expect(made.stderr).toBe("");
    const document = JSON.parse(made.stdout);
    expect(document.files).toEqual(["pawl.ts", "data/README.md", "package.json", ".gitignore", "README.md"]);
    const before = await readFile(join(folder, template, "pawl.ts"), "utf8");

    const again = await runPawl(["init", template], { cwd: folder });
    expect(again.status).toBe(9);
    expect(again.stderr).toContain(join(template, "pawl.ts"));
    expect(await readFile(join(folder, template, "pawl.ts"), "utf8")).toBe(before);

    const planned = await runPawl(["apply", "--plan", "--json"], { cwd: join(folder, template, "data") });
    expect([planned.stderr, planned.status]).toEqual(["", 0]);
    const changes = JSON.parse(planned.stdout).plan.changes as { change: string }[];
    expect(new Set(changes.map(({ change }) => change))).toEqual(new Set(["added"]));
  });
});

describe("pawl apply", () => {
  it("enters definitions, finds them unchanged, and refuses another meaning", async () => {
    const text = (window: string): string => `
      import { count, entity, source, t } from "pawl";
      const customer = entity("customer", { key: t.string });
      const orders = source("orders", { columns: { at: t.timestamp, customer }, eventTime: "at" });
      export const habits: unknown = orders.by("customer").features(() => ({ n: count().over("${window}") }));
    `;
    const directory = await project("apply", text("1d"));
    const first = await runPawl(["apply"], { cwd: directory });
    expect(first.status).toBe(0);
    expect(first.stdout).toContain("+ feature orders_by_customer.n");
    expect(first.stdout).toContain("4 changes made");
    expect(first.stdout).not.toContain("\u001b[");

    const second = await runPawl(["apply", "--project", directory, "--json"]);
    expect(JSON.parse(second.stdout).plan.changes.map((c: { change: string }) => c.change)).toEqual([
      "unchanged",
      "unchanged",
      "unchanged",
      "unchanged",
    ]);

    await writeFile(join(directory, "pawl.ts"), text("2d"));
    const third = await runPawl(["apply"], { cwd: directory });
    expect(third.status).toBe(4);
    expect(third.stderr).toContain("next");
    expect(await readdir(join(directory, ".pawl", "tmp"))).toEqual([]);
  });

  it("paints only where colour is wanted", async () => {
    const directory = join(folder, "apply");
    const painted = await runPawl(["apply", "--plan"], { cwd: directory, env: { FORCE_COLOR: "1" } });
    expect(painted.stdout).toContain("\u001b[");
    const plain = await runPawl(["apply", "--plan"], {
      cwd: directory,
      env: { FORCE_COLOR: "1", NO_COLOR: "1" },
    });
    expect(plain.stdout).not.toContain("\u001b[");
  });
});

describe("definitions that are wrong", () => {
  it.each([
    ["syntax", "export const a = ;", "pawl.ts cannot be read.", "pawl.ts:1:18"],
    ["import", 'import { x } from "./nowhere.ts";\nexport { x };', "pawl.ts cannot be read.", "pawl.ts:1:19"],
    [
      "package",
      'import "left-out-package";',
      'The definitions use the package "left-out-package"',
      "npm install left-out-package",
    ],
    [
      "name",
      "const f = {} as { delay: { gt(n: number): unknown } };\nexport const a = f.delay.gt(3);",
      "fail while they run",
      "pawl.ts:2:",
    ],
    [
      "meaning",
      'import { source, t } from "pawl";\n\nexport const a = source("a", { columns: { n: t.int }, eventTime: "n" as never });',
      'The time column "n" of source "a" is not a timestamp.',
      "pawl.ts:3:",
    ],
    ["nothing", "export const answer = 42;", "pawl.ts defines nothing.", "exports answer"],
    [
      "twice",
      'import { entity, t } from "pawl";\nexport const a = entity("x", { key: t.int });\nexport const b = entity("x", { key: t.string });',
      '"x" is defined twice with different meanings.',
      "another name",
    ],
    [
      "exported",
      'import { nothing } from "pawl";\nexport const a = nothing;',
      '"pawl" has nothing named "nothing".',
      "pawl.ts",
    ],
  ])("are refused with their place: %s", async (name, text, message, place) => {
    const directory = await project(`wrong-${name}`, text);
    const { status, stdout, stderr } = await runPawl(["apply"], { cwd: directory });
    expect([status, stdout]).toEqual([name === "twice" ? 4 : 3, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(place);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(directory, ".pawl", "ledger.db"))).toBe(false);
  });

  it("point into the file that is wrong, not the one that is run", async () => {
    const directory = await project("parts", 'export * from "./parts/orders.ts";', {});
    await mkdir(join(directory, "parts"));
    const part =
      'import { entity, t } from "pawl";\n\n\nexport const a = entity("not a name", { key: t.int });';
    await writeFile(join(directory, "parts", "orders.ts"), part);
    const { stdout, status } = await runPawl(["apply", "--json"], { cwd: directory });
    expect(status).toBe(3);
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({
      code: "invalid_definition",
      details: { file: "parts/orders.ts", line: 4 },
    });
  });
});
