import { artifactCases } from "./artifact-cases.ts";
import type { Case, OpenLedger } from "./case.ts";
import { definitionCases } from "./definition-cases.ts";
import { lineageCases } from "./lineage-cases.ts";
import { registryCases } from "./registry-cases.ts";
import { replayCases } from "./replay-cases.ts";
import { runCases } from "./run-cases.ts";
import { searchCases } from "./search-cases.ts";
import { timelineCases } from "./timeline-cases.ts";

/**
 * What every ledger must do, as cases for any test runner:
 *
 *     for (const { name, run } of checkLedger(open)) test(name, run);
 *
 * `open` makes a new, empty ledger each time, with the clock and the chance it is given.
 */
export function checkLedger(open: OpenLedger): readonly Case[] {
  return [
    ...timelineCases(open),
    ...definitionCases(open),
    ...runCases(open),
    ...searchCases(open),
    ...registryCases(open),
    ...artifactCases(open),
    ...lineageCases(open),
    ...replayCases(open),
  ];
}
