import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog, count, entity, last, mean, source, t } from "@pawl/core";
import { expect, it } from "vitest";
import { openPresent } from "./index.ts";

it("takes facts in and gives features out", async () => {
  const customer = entity("customer", { key: t.string });
  const orders = source("orders", {
    columns: { at: t.timestamp, id: t.int, who: customer, amount: t.float },
    eventTime: "at",
    key: ["id"],
  });
  const byCustomer = orders.by("who").features((f) => ({
    n: count().over("1h"),
    mean: mean(f.amount),
    last: last(f.amount),
  }));
  const directory = await mkdtemp(join(tmpdir(), "pawl-present-"));
  const options = { directory, catalog: catalog([byCustomer]), clock: () => 1_000_000_000 };
  let present = await openPresent(options);
  await present.push("orders", [
    { at: 999_000_000, id: 1, who: "a", amount: 2 },
    { at: 999_500_000, id: 2, who: "a", amount: 4 },
  ]);
  const ask = () => present.vectors("orders_by_who", [{ who: "a" }, { who: "b" }]);
  expect(ask().values).toEqual([
    [2, 3, 4],
    [0, null, null],
  ]);
  await present.push("orders", [{ at: 999_000_000, id: 1, who: "a", amount: 8 }]);
  expect(ask().values[0]).toEqual([2, 6, 4]);
  await present.close();
  present = await openPresent(options);
  expect(ask().values[0]).toEqual([2, 6, 4]);
  await present.remove("orders", [{ id: 2 }]);
  expect(ask().values[0]).toEqual([1, 8, 8]);
  await present.close();
  await rm(directory, { recursive: true });
});
