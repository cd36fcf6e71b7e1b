import { expect, test } from "vitest";
import { checkLedger } from "../check/index.ts";
import { openLedger } from "../open-ledger.ts";

test.each(checkLedger((surroundings) => openLedger({ file: ":memory:", ...surroundings })))(
  "$name",
  async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  },
);
