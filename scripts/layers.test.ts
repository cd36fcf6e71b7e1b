import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Which workspace packages each may import; anything else is an arrow that points the wrong way. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  "packages/testkit": ["@pawl/core"],
  "packages/history": ["@pawl/core"],
  "packages/present": ["@pawl/core"],
  "packages/ledger": ["@pawl/core"],
  "packages/trainers": ["@pawl/core"],
  "packages/loop": ["@pawl/core", "@pawl/history", "@pawl/present", "@pawl/ledger", "@pawl/trainers"],
  "apps/server": [
    "@pawl/core",
    "@pawl/history",
    "@pawl/present",
    "@pawl/ledger",
    "@pawl/trainers",
    "@pawl/loop",
  ],
  "apps/cli": [
    "@pawl/core",
    "@pawl/history",
    "@pawl/present",
    "@pawl/ledger",
    "@pawl/trainers",
    "@pawl/loop",
    "@pawl/server",
  ],
};

function sources(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"))
    .map((file) => join(root, directory, file));
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s*["']([^"']+)["']/g,
  );
  return [...found].map((m) => m[1] ?? m[2] ?? m[3] ?? "");
}

/** Tests, and what only tests use. */
const isTest = (file: string): boolean =>
  /(\.(test|test-d|test-support|bench)\.ts$)|([/\\]testing[/\\])/.test(file);

describe("arrows point down", () => {
  it.each(Object.keys(allowed))("%s imports only what lies below it", (place) => {
    const wrong = sources(join(place, "src"))
      .filter((file) => !isTest(file))
      .flatMap((file) =>
        imports(file)
          .filter((name) => name.startsWith("@pawl/") || name === "pawl")
          .filter((name) => !allowed[place]?.includes(name.split("/").slice(0, 2).join("/")))
          .map((name) => `${relative(root, file)} → ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it("no file reaches into another package by path", () => {
    const wrong = Object.keys(allowed).flatMap((place) =>
      sources(join(place, "src")).flatMap((file) =>
        imports(file)
          .filter((name) => name.startsWith("."))
          .filter((name) => relative(join(root, place), join(dirname(file), name)).startsWith(".."))
          .map((name) => `${relative(root, file)} → ${name}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("the core has one dependency and touches no clock, randomness, file or network", () => {
    const manifest = JSON.parse(readFileSync(join(root, "packages/core/package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(manifest.dependencies)).toEqual(["@noble/hashes"]);
    const wrong = sources("packages/core/src")
      .filter((file) => !isTest(file))
      .flatMap((file) => {
        const text = readFileSync(file, "utf8");
        const bad = [
          /\bDate\.now\b/,
          /\bnew Date\(\)/,
          /\bMath\.random\b/,
          /\bprocess\./,
          /\bfetch\(/,
          /\bperformance\b\./,
          /from "node:/,
        ];
        return bad
          .filter((pattern) => pattern.test(text))
          .map((pattern) => `${relative(root, file)}: ${pattern.source}`);
      });
    expect(wrong).toEqual([]);
  });
});

describe("no file is a drawer", () => {
  it("nothing is named utils or helpers", () => {
    const wrong = Object.keys(allowed)
      .flatMap((place) => sources(join(place, "src")))
      .filter((file) => /(^|[/-])(utils?|helpers?|common|misc)([/.-]|$)/.test(relative(root, file)));
    expect(wrong).toEqual([]);
  });
});
