import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseInstant, PawlError } from "@pawl/core";
import { afterEach, describe, expect, it } from "vitest";
import { apply, planApply } from "./apply.ts";
import { compare } from "./compare.ts";
import { historyLookup } from "./feature-lookup.ts";
import { freezeDataset } from "./freeze.ts";
import { serve } from "./serve.ts";
import { csvHead, openShop, type Shop, type ShopOptions } from "./testing/shop.ts";
import { train } from "./train.ts";

let open: Shop | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function shop(options?: ShopOptions): Promise<Shop> {
  open = await openShop(options);
  return open;
}

const model = "will_return";
const small = { rounds: 20, maxLeaves: 7 };

async function refusal(work: Promise<unknown>): Promise<PawlError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(PawlError);
  return thrown as PawlError;
}

describe("the loop, from facts to answers", () => {
  it("freezes, trains, compares, serves; the same again gives the same model", async () => {
    const { ports } = await shop();
    const first = await apply(ports);
    expect(first.plan.changes.every(({ change }) => change === "added")).toBe(true);
    expect(first.sources).toEqual([{ source: "purchases", rows: 3000 }]);
    expect((await planApply(ports)).plan.changes.every(({ change }) => change === "unchanged")).toBe(true);

    const frozen = await freezeDataset(ports, { model });
    expect(frozen.dataset).toMatchObject({ name: model, version: 1, rows: 3000 });
    expect((await freezeDataset(ports, { model })).dataset.version).toBe(1);

    const baseline = await train(ports, { model, estimator: "majority", register: false });
    const trees = await train(ports, { model, params: small, name: "trees" });
    expect(trees.metrics["auc"]).toBeGreaterThan(0.6);
    expect(trees.metrics["log_loss"]).toBeLessThan(baseline.metrics["log_loss"] ?? 0);
    expect(trees.version?.version).toBe(1);
    const again = await train(ports, { model, params: small });
    expect(again.modelHash).toBe(trees.modelHash);

    const board = await compare(ports, { model });
    expect(board.standings.map(({ estimator }) => estimator)).toEqual([
      "gradient-boosting",
      "gradient-boosting",
      "majority",
    ]);
    expect(board.standings.map(({ metrics }) => metrics["log_loss"])).toEqual(
      board.standings.map(({ metrics }) => metrics["log_loss"] ?? 0).toSorted((a, b) => a - b),
    );
    expect(board.standings[1]?.difference).toMatchObject({ mean: 0, verdict: "no difference" });
    expect(board.standings[2]?.difference?.verdict).toBe("worse");

    const serving = await serve(ports, historyLookup(ports));
    const row = { bought: "2024-04-20T12:00:00Z", customer: "c3", amount: 20, channel: "web" };
    const [answer] = await serving.predict({ model, rows: [row], by: "keys", explain: true, features: true });
    expect(answer).toMatchObject({ model, version: again.version?.version, asOf: "2024-04-20T12:00:00Z" });
    const given = answer?.features ?? {};
    const [same] = await serving.predict({ model, rows: [given], by: "values" });
    expect(same?.probability).toBe(answer?.probability);
    const { base = 0, contributions = [] } = answer?.explanation ?? {};
    const margin = contributions.reduce((total, { contribution }) => total + contribution, base);
    expect(1 / (1 + Math.exp(-margin))).toBeCloseTo(answer?.probability ?? 0, 9);
    await serving.close();
  });

  it("never lets a dataset see a return before it was settled", async () => {
    const { ports } = await shop();
    await freezeDataset(ports, { model });
    const honest = await train(ports, { model, params: small });
    await freezeDataset(ports, { model, name: "leaky", ignoreKnownTime: true });
    const leaky = await train(ports, { model, params: small, dataset: { name: "leaky" }, register: false });
    expect(leaky.modelHash).not.toBe(honest.modelHash);
    const page = await ports.ledger.datasets.list({});
    expect(page.items.map(({ name, spine }) => [name, spine["ignoreKnownTime"]])).toEqual([
      ["leaky", true],
      [model, false],
    ]);
  });
});

describe("bad input, said clearly", () => {
  it("an unknown model", async () => {
    const error = await refusal(freezeDataset((await shop()).ports, { model: "will_retrun" }));
    expect(error).toMatchObject({ code: "not_found", expected: "one of will_return" });
  });

  it("training before anything is frozen", async () => {
    const error = await refusal(train((await shop()).ports, { model }));
    expect(error.next).toContain("pawl dataset will_return");
  });

  it("an unknown estimator and an unknown setting", async () => {
    const { ports } = await shop({ rows: 300 });
    await freezeDataset(ports, { model });
    expect(await refusal(train(ports, { model, estimator: "forest" }))).toMatchObject({ code: "not_found" });
    const wrong = await refusal(train(ports, { model, params: { leafs: 3 } }));
    expect(wrong).toMatchObject({ code: "invalid_input", found: "leafs" });
    const runs = await ports.ledger.runs.search({});
    expect(runs.items.map(({ status }) => status)).toEqual(["failed"]);
  });

  it("data that is not there", async () => {
    const { ports, directory } = await shop();
    rmSync(join(directory, "purchases.csv"));
    expect(await refusal(freezeDataset(ports, { model }))).toMatchObject({ code: "not_found" });
    expect(readdirSync(join(directory, ".pawl", "datasets"))).toEqual([]);
  });

  it("an empty spine", async () => {
    const { ports } = await shop({ text: `${csvHead}\n` });
    const frozen = await freezeDataset(ports, { model });
    expect(frozen.manifest.rows).toBe(0);
    expect(frozen.manifest.warnings.length).toBeGreaterThan(0);
    expect(await refusal(train(ports, { model }))).toMatchObject({ code: "insufficient_data" });
  });

  it("a label that is always null", async () => {
    const rows = Array.from(
      { length: 50 },
      (_, i) => `2024-01-0${1 + (i % 9)}T00:00:00Z,c1,1,web,,2024-01-20T00:00:00Z`,
    );
    const { ports } = await shop({ text: `${csvHead}\n${rows.join("\n")}\n` });
    await freezeDataset(ports, { model });
    expect(await refusal(train(ports, { model }))).toMatchObject({ code: "insufficient_data" });
  });

  it("one class only", async () => {
    const rows = Array.from(
      { length: 90 },
      (_, i) => `2024-01-0${1 + (i % 9)}T0${i % 7}:00:00Z,c1,1,web,true,2024-01-01T00:00:00Z`,
    );
    const { ports } = await shop({ text: `${csvHead}\n${rows.join("\n")}\n` });
    await freezeDataset(ports, { model });
    const error = await refusal(train(ports, { model }));
    expect(error).toMatchObject({ code: "insufficient_data", found: "only class 1" });
  });

  it("a period that ends before it begins", async () => {
    const { ports } = await shop({ rows: 20 });
    const error = await refusal(freezeDataset(ports, { model, from: "2024-02-01", until: "2024-01-01" }));
    expect(error.code).toBe("invalid_input");
  });

  it("a cut that leaves nothing to train on", async () => {
    const { ports } = await shop({ rows: 100 });
    await freezeDataset(ports, { model });
    const error = await refusal(train(ports, { model, split: { trainUntil: "2020-01-01" } }));
    expect(error).toMatchObject({ code: "insufficient_data" });
    expect(error.next).toContain("--train-until");
  });

  it("a run that is cancelled", async () => {
    const { ports } = await shop();
    await freezeDataset(ports, { model });
    const stop = new AbortController();
    const work = { signal: stop.signal, onProgress: () => stop.abort() };
    expect(await refusal(train(ports, { model, params: { rounds: 5000 } }, work))).toMatchObject({
      code: "cancelled",
    });
    const [run] = (await ports.ledger.runs.search({})).items;
    expect(run?.status).toBe("killed");
    expect(await ports.ledger.models.get(model)).toBeUndefined();
  });

  it("a dataset that is cancelled leaves nothing behind", async () => {
    const { ports, directory } = await shop();
    const stop = new AbortController();
    const work = { signal: stop.signal, onProgress: () => stop.abort() };
    expect(await refusal(freezeDataset(ports, { model }, work))).toMatchObject({ code: "cancelled" });
    expect(readdirSync(join(directory, ".pawl", "datasets"))).toEqual([]);
  });

  it("predictions for what is not known", async () => {
    const { ports } = await shop({ rows: 400 });
    await freezeDataset(ports, { model });
    await train(ports, { model, params: small });
    const serving = await serve(ports, historyLookup(ports));
    const ask = (row: Record<string, string | number>, by: "keys" | "values") =>
      refusal(serving.predict({ model, rows: [row], by }));
    expect(await ask({ custommer: "c1" }, "keys")).toMatchObject({ code: "invalid_input" });
    expect(await ask({ amount: "twenty" }, "values")).toMatchObject({
      code: "invalid_input",
      expected: "a number",
    });
    expect(await refusal(serving.predict({ model: "other", rows: [], by: "keys" }))).toMatchObject({
      code: "not_found",
    });
    const [nobody] = await serving.predict({
      model,
      rows: [{ customer: "nobody" }],
      by: "keys",
      asOf: "2024-02-01T00:00:00Z",
    });
    expect(nobody?.asOf).toBe("2024-02-01T00:00:00Z");
    expect(parseInstant(nobody?.asOf ?? "")).toBeGreaterThan(0);
  });
});
