import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { benchFolder, repository } from "./places.ts";
import { withBenchTable } from "./readme.ts";
import { readResults } from "./results.ts";
import { resultsPage } from "./table.ts";

const results = readResults(join(benchFolder, "results.json"));

describe("the committed measurements", () => {
  it("are what the README shows", () => {
    const readme = readFileSync(join(repository, "README.md"), "utf8");
    expect(withBenchTable(readme, results)).toBe(readme);
  });

  it("are what the page of results shows", () => {
    expect(resultsPage(results)).toBe(readFileSync(join(benchFolder, "README.md"), "utf8"));
  });
});
