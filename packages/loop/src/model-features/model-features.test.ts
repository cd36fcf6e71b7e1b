import { model, PawlError } from "@pawl/core";
import { afterEach, describe, expect, it } from "vitest";
import { historyLookup } from "../feature-lookup.ts";
import { freezeDataset } from "../freeze.ts";
import { serve } from "../serve.ts";
import { habits, openShop, purchases, type Shop } from "../testing/shop.ts";
import { train } from "../train.ts";

/** What a customer is likely to spend: a feature of whether the purchase comes back. */
const basket = model("basket", {
  spine: purchases,
  asOf: "bought",
  label: (f) => f.amount,
  view: [habits, "channel"],
});

const comesBack = model("comes_back", {
  spine: purchases,
  asOf: "bought",
  label: (f) => f.returned,
  view: [habits.pick("returned_share"), basket, { twice: basket.f.prediction.times(2) }],
});

let open: Shop | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

describe("a model as a feature", () => {
  it("must have been trained", async () => {
    open = await openShop({ rows: 200, definitions: [basket, comesBack] });
    const thrown = await freezeDataset(open.ports, { model: "comes_back" }).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(PawlError);
    expect((thrown as PawlError).next).toContain("pawl train basket");
  });

  it("is null before anything could be learned, then filled, the same every time and online", async () => {
    open = await openShop({ definitions: [basket, comesBack] });
    const { ports } = open;
    const params = { rounds: 10, maxLeaves: 7 };
    await freezeDataset(ports, { model: "basket" });
    await train(ports, { model: "basket", params });
    const { dataset, manifest } = await freezeDataset(ports, { model: "comes_back" });
    expect((await freezeDataset(ports, { model: "comes_back" })).dataset.version).toBe(dataset.version);

    const columns = ["basket.prediction", "twice"];
    const { frame, times } = await ports.history.readFrame(manifest.file.path, { columns });
    const [single, double] = frame.columns.map((column) =>
      column.kind === "numeric" ? column.values : new Float64Array(),
    );
    const known = [...(single ?? [])].map((value) => !Number.isNaN(value));
    expect(known.indexOf(true)).toBeGreaterThan(0);
    expect(known.slice(known.indexOf(true)).every(Boolean)).toBe(true);
    expect([...(double ?? [])]).toEqual([...(single ?? [])].map((value) => value * 2));
    // The first 30 days of 1970-anchored slices hold no model: nothing had been learned before them.
    const day = 86_400_000_000;
    const first = times[known.indexOf(true)] ?? 0;
    expect(Math.floor(first / (30 * day))).toBeGreaterThan(Math.floor((times[0] ?? 0) / (30 * day)));

    await train(ports, { model: "comes_back", params });
    const serving = await serve(ports, historyLookup(ports));
    const row = { bought: "2024-04-30T12:00:00Z", customer: "c7", channel: "web" };
    const ask = (name: string) => serving.predict({ model: name, rows: [row], by: "keys", features: true });
    const [inner] = await ask("basket");
    const [outer] = await ask("comes_back");
    expect(outer?.features?.["basket.prediction"]).toBe(inner?.value);
    await serving.close();
  });
});
