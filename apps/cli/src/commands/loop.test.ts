import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, runPawl, startPawl } from "../testing/run-pawl.ts";

const definitions = `
import { count, csv, entity, mean, model, source, t } from "pawl";
export const customer = entity("customer", { key: t.string });
export const orders = source("orders", {
  columns: { ordered: t.timestamp, order: t.int, customer, amount: t.float, returned: t.bool },
  eventTime: "ordered",
  key: ["order"],
  from: csv("data/orders.csv"),
});
export const habits = orders.by("customer").features((f) => ({
  orders_7d: count().over("7d"),
  amount_mean_7d: mean(f.amount).over("7d"),
}));
export const willReturn = model("will_return", {
  spine: orders, asOf: "ordered", label: (f) => f.returned, view: [habits, "amount"],
});
`;

/** An order an hour for a hundred days; dear ones come back. */
function orders(): string {
  const lines = ["ordered,order,customer,amount,returned"];
  for (let i = 0; i < 2400; i++) {
    const at = new Date(Date.UTC(2024, 0, 1) + i * 3_600_000).toISOString();
    const amount = 5 + ((i * 7919) % 1000) / 10;
    const odd = (i * 104_729) % 7 === 0;
    lines.push(`${at},${i},c${i % 40},${amount},${amount > 60 !== odd}`);
  }
  return `${lines.join("\n")}\n`;
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pawl-loop-"));
  await mkdir(join(directory, "data"));
  await writeFile(join(directory, "pawl.ts"), definitions);
  await writeFile(join(directory, "data", "orders.csv"), orders());
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const pawl = (...args: string[]) => runPawl([...args, "--project", directory]);

async function json(...args: string[]) {
  const { status, stdout, stderr } = await pawl(...args, "--json");
  expect([status, status === 0 ? "" : `${stdout}${stderr}`]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

// One project, used in the order a person would.
describe.sequential("the loop on the command line", () => {
  it("says what is missing, before there is anything", async () => {
    const train = await pawl("train", "will_return");
    expect([train.status, train.stderr]).toEqual([5, expect.stringContaining("pawl dataset will_return")]);
    const unknown = await pawl("dataset", "nobody");
    expect([unknown.status, unknown.stderr]).toEqual([5, expect.stringContaining("one of will_return")]);
    const compare = await pawl("compare", "will_return");
    expect([compare.status, compare.stderr]).toEqual([5, expect.stringContaining("pawl train will_return")]);
    const predict = await pawl("predict", "will_return", "customer=c1");
    expect(predict.status).toBe(5);
  }, 120_000);

  it("applies and freezes a training set, the same one twice", async () => {
    const applied = await json("apply");
    expect(applied.plan.changes).toHaveLength(6);
    expect(applied.sources).toEqual([{ source: "orders", rows: 2400 }]);
    const first = await json("dataset", "will_return");
    expect(first.dataset).toMatchObject({ name: "will_return", version: 1, rows: 2400 });
    const words = await pawl("dataset", "will_return");
    expect(words.stdout).toContain("Dataset will_return v1: 2,400 rows, 3 features");
    expect(words.stdout).toContain(first.dataset.hash);
    const wrong = await pawl("dataset", "will_return", "--from", "2024-03-01", "--until", "2024-02-01");
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("ends before it begins")]);
  }, 120_000);

  it("trains, refuses what it cannot train, and compares", async () => {
    const trained = await json("train", "will_return", "--name", "trees", "--param", "rounds=20");
    expect(trained).toMatchObject({ version: 1, run: { name: "trees", status: "finished" } });
    expect(trained.metrics.auc).toBeGreaterThan(0.7);
    expect(trained.rows).toMatchObject({ train: 1800, test: 600 });
    const words = await pawl("train", "will_return", "--estimator", "majority", "--name", "plain");
    expect(words.stdout).toContain("will_return v2 trained");
    const wrong = await pawl("train", "will_return", "--param", "rounds=many");
    expect([wrong.status, wrong.stdout]).toEqual([2, ""]);
    const unknown = await pawl("train", "will_return", "--estimator", "oracle");
    expect([unknown.status, unknown.stderr]).toEqual([5, expect.stringContaining("gradient-boosting")]);

    const board = await json("compare", "will_return");
    expect(board.standings.map((s: { name: string }) => s.name)).toEqual(["trees", "plain"]);
    const shown = await pawl("compare", "will_return");
    expect(shown.stdout).toMatch(/1 +trees +gradient-boosting/);
    expect(shown.stdout).toContain(board.verdict);
  }, 180_000);

  it("predicts from words and files", async () => {
    const answer = await json(
      "predict",
      "will_return",
      "customer=c3",
      "amount=90",
      "ordered=2024-03-01T00:00:00Z",
      "--features",
    );
    expect(answer.predictions[0]).toMatchObject({ model: "will_return", asOf: "2024-03-01T00:00:00Z" });
    expect(answer.predictions[0].features["orders_by_customer.orders_7d"]).toBeGreaterThan(0);
    const file = join(directory, "rows.ndjson");
    await writeFile(file, '{"customer":"c1","amount":10}\n\n{"customer":"c2","amount":99}\n');
    expect((await json("predict", "will_return", "--file", file)).predictions).toHaveLength(2);
    await writeFile(file, '{"customer":"c1"}\n{"customer":\n');
    const broken = await pawl("predict", "will_return", "--file", file);
    expect([broken.status, broken.stderr]).toEqual([2, expect.stringContaining("rows.ndjson:2")]);
    const unknown = await pawl("predict", "will_return", "colour=red");
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('"colour"')]);
  }, 120_000);

  it("explains a feature", async () => {
    const { stdout, status } = await pawl(
      "explain",
      "orders_by_customer.orders_7d",
      "c3",
      "--as-of",
      "2024-03-01T00:00:00Z",
    );
    expect(status).toBe(0);
    expect(stdout).toContain("facts used");
    expect(stdout).toContain("refused: not known yet");
    const wrong = await pawl("explain", "orders_by_customer.speed", "c3", "--as-of", "2024-03-01");
    expect([wrong.status, wrong.stderr]).toEqual([3, expect.stringContaining("orders_7d, amount_mean_7d")]);
  }, 120_000);

  it("pushes facts, reads features and verifies them", async () => {
    const words = ["ordered=2024-05-01T00:00:00Z", "order=9001", "customer=c3", "amount=7", "returned=false"];
    expect(await json("push", "orders", ...words)).toMatchObject({ added: 1 });
    expect(await json("push", "orders", ...words)).toMatchObject({ added: 0, unchanged: 1 });
    const read = await json("get", "orders_by_customer", "customer=c3", "--as-of", "2024-05-01T01:00:00Z");
    expect(read.rows[0].features).toEqual({
      "orders_by_customer.orders_7d": 1,
      "orders_by_customer.amount_mean_7d": 7,
    });
    expect(await json("verify", "will_return", "--rows", "100")).toMatchObject({ rows: 100, different: 0 });
  }, 180_000);

  it("serves until it is stopped, then lets go of everything", async () => {
    const child = startPawl(["serve", "--port", "0", "--json", "--project", directory]);
    const finished = ended(child);
    let url = "";
    try {
      url = await new Promise<string>((resolve, reject) => {
        let text = "";
        child.stdout.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          if (text.trimEnd().endsWith("}")) resolve(JSON.parse(text).url);
        });
        void finished.then(({ stderr }) => reject(new Error(stderr)));
      });
      const response = await fetch(`${url}/api/v1/models/will_return/predict`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          rows: [{ customer: "c3", amount: 90, ordered: "2024-05-01T01:00:00Z" }],
          features: true,
        }),
      });
      expect(response.status).toBe(200);
      const { predictions } = await response.json();
      expect(predictions[0].features).toMatchObject({ "orders_by_customer.orders_7d": 1 });
      const taken = await pawl("serve", "--port", new URL(url).port);
      expect([taken.status, taken.stderr]).toEqual([
        9,
        expect.stringContaining("Another process has this online store open"),
      ]);
    } finally {
      child.kill("SIGTERM");
    }
    const { status, stderr } = await finished;
    expect([status, stderr]).toEqual([0, "Stopping: requests under way are finished first.\n"]);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    expect(await readdir(join(directory, ".pawl", "present"))).not.toContain("lock");
  }, 180_000);

  it("refuses to open itself to everybody", async () => {
    const open = await pawl("serve", "--host", "0.0.0.0", "--port", "0");
    expect([open.status, open.stderr]).toEqual([2, expect.stringContaining("PAWL_TOKEN")]);
  }, 60_000);

  it("stops on Ctrl-C with 130 and leaves nothing behind", async () => {
    const child = startPawl(["dataset", "will_return", "--name", "stopped", "--project", directory]);
    const finished = ended(child);
    // As soon as the project is open there is something to stop.
    const tmp = join(directory, ".pawl", "tmp");
    while ((await readdir(tmp)).length === 0 && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill("SIGINT");
    const { status, stderr } = await finished;
    expect([status, stderr]).toEqual([130, expect.stringContaining("Stopped on request")]);
    const left = await readdir(tmp);
    expect(left).toEqual([]);
  }, 60_000);
});
