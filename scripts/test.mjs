// npm test: every check there is, then one line `N passed, N failed`. Arguments go to vitest.
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install, root, run } from "./setup.mjs";

install();

const tool = (...path) => join(root, "node_modules", ...path);
const checks = [
  ["types and build", [tool("typescript", "bin", "tsc"), "-b"]],
  ["types of tests and examples", [tool("typescript", "bin", "tsc"), "-p", "tsconfig.check.json"]],
  ["lint", [tool("oxlint", "bin", "oxlint"), "--deny-warnings"]],
  ["format", [tool("@biomejs", "biome", "bin", "biome"), "format", "."]],
];

let passed = 0;
let failed = 0;
for (const [name, args] of checks) {
  console.log(`\n— ${name}`);
  if (run(process.execPath, args) === 0) passed++;
  else {
    failed++;
    console.error(`✗ ${name}`);
  }
}

console.log("\n— tests");
const report = join(tmpdir(), `pawl-tests-${process.pid}.json`);
const vitest = [
  tool("vitest", "vitest.mjs"),
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
];
const status = run(process.execPath, [...vitest, ...process.argv.slice(2)]);
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  const skipped = result.numPendingTests + result.numTodoTests;
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  // A file that does not load fails without a failed test of its own.
  failed += result.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  if (skipped > 0) {
    console.log(`${skipped} skipped`);
    if (process.env.CI === "true") failed += skipped;
  }
  if (status !== 0 && failed === 0) failed++;
} catch {
  console.error("The test runner wrote no report.");
  failed++;
} finally {
  rmSync(report, { force: true });
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
