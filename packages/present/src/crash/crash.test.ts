import { expect, it } from "vitest";
import { crashSuite } from "./crash-suite.ts";

it("loses nothing answered and takes nothing twice, killed at any moment", { timeout: 180_000 }, async () => {
  const report = await crashSuite({ kills: 100, seed: 20_240_309 });
  expect(report.kills).toBe(100);
  // Else the kills hit nothing.
  expect(report.operations).toBeGreaterThan(1000);
  expect(report.torn).toBeGreaterThan(5);
});
