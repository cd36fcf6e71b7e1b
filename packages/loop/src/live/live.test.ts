import { join } from "node:path";
import { entity, mean, model, source, count, csv, t } from "@pawl/core";
import { openPresent, type Present } from "@pawl/present";
import { afterEach, describe, expect, it } from "vitest";
import { freezeDataset } from "../freeze.ts";
import { openShop, type Shop } from "../testing/shop.ts";
import { exportFacts } from "./export-facts.ts";
import { loadFacts, readFacts } from "./load-facts.ts";
import { verify } from "./verify.ts";

/** Purchases with a number each, so that they can be corrected. */
const purchases = source("purchases", {
  columns: {
    id: t.int,
    bought: t.timestamp,
    customer: entity("customer", { key: t.string }),
    amount: t.float,
    returned: t.bool,
  },
  eventTime: "bought",
  key: ["id"],
  from: csv("purchases.csv"),
});
const habits = purchases.by("customer").features((f) => ({
  bought_7d: count().over("7d"),
  amount_mean: mean(f.amount),
  returned_share_30d: mean(f.returned).over("30d"),
}));
const willReturn = model("will_return", {
  spine: purchases,
  asOf: "bought",
  label: (f) => f.returned,
  view: [habits],
});

const day = (d: number, hour = 0): string => new Date(Date.UTC(2024, 0, d, hour)).toISOString();
const fact = (id: number, amount: number) => ({
  id,
  bought: day(1 + (id % 28), id % 24),
  customer: `c${id % 5}`,
  amount,
  returned: id % 3 === 0,
});
const text = ["id,bought,customer,amount,returned"]
  .concat(Array.from({ length: 300 }, (_, i) => Object.values(fact(i, i)).join(",")))
  .join("\n");

let open: { shop: Shop; present: Present } | undefined;
afterEach(async () => {
  await open?.present.close();
  await open?.shop.close();
  open = undefined;
});

async function start(): Promise<{ shop: Shop; present: Present }> {
  const shop = await openShop({ text: `${text}\n`, definitions: [willReturn] });
  const { catalog, clock } = shop.ports;
  const present = await openPresent({ directory: join(shop.directory, ".pawl", "present"), catalog, clock });
  open = { shop, present };
  return open;
}

async function amounts(shop: Shop): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for await (const one of readFacts(shop.ports, purchases))
    found.set(Number(one["id"]), Number(one["amount"]));
  return found;
}

describe("history and the present, one truth", () => {
  it("gives the same features for every row, loaded, pushed, corrected and removed", async () => {
    const { shop, present } = await start();
    const { ports } = shop;
    expect((await loadFacts(ports, present, { source: "purchases" })).added).toBe(300);
    const rows = { model: "will_return", rows: 400 };
    expect(await verify(ports, present, rows)).toMatchObject({ rows: 300, different: 0 });

    await present.push("purchases", [fact(300, 1), fact(301, 2)]);
    await present.push("purchases", [{ ...fact(7, 1000) }]);
    await present.remove("purchases", [{ id: 9 }]);
    expect(await exportFacts(ports, present)).toMatchObject([{ source: "purchases", rewritten: true }]);
    const seen = await amounts(shop);
    expect([seen.size, seen.get(7), seen.get(9), seen.get(301)]).toEqual([301, 1000, undefined, 2]);
    expect(await verify(ports, present, rows)).toMatchObject({ rows: 301, different: 0 });
  });

  it("adds a segment for new facts, and nothing for none", async () => {
    const { shop, present } = await start();
    const { ports } = shop;
    await loadFacts(ports, present, { source: "purchases" });
    await present.push("purchases", [fact(300, 1)]);
    expect(await exportFacts(ports, present)).toEqual([
      { source: "purchases", written: 1, rewritten: false },
    ]);
    expect(await exportFacts(ports, present)).toEqual([]);
    await present.push("purchases", [fact(301, 1)]);
    await exportFacts(ports, present);
    expect((await amounts(shop)).size).toBe(302);
    expect((await freezeDataset(ports, { model: "will_return" })).dataset.rows).toBe(302);
  });

  it("keeps what was pushed before the files were loaded", async () => {
    const { shop, present } = await start();
    const { ports } = shop;
    await present.push("purchases", [fact(500, 5)]);
    await loadFacts(ports, present, { source: "purchases" });
    expect((await amounts(shop)).get(500)).toBe(5);
    expect(await verify(ports, present, { model: "will_return" })).toMatchObject({ rows: 301, different: 0 });
  });

  it("shows a difference with the row and both values", async () => {
    const { shop, present } = await start();
    await loadFacts(shop.ports, present, { source: "purchases" });
    // Not exported: history does not know of it.
    await present.push("purchases", [{ ...fact(1, 1), id: 900, bought: day(1) }]);
    const found = await verify(shop.ports, present, { model: "will_return" });
    expect(found.different).toBeGreaterThan(0);
    expect(found.disagreements[0]).toMatchObject({ row: { customer: "c1" }, status: "present" });
  });
});
