import type { Serving } from "@pawl/loop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleServing } from "../testing/sample-serving.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

const serving = sampleServing();
let server: TestServer;
beforeAll(async () => {
  server = await testServer({ serving });
});
afterAll(() => server.close());

async function invoke(body: unknown, query = "?model=weather", address = server.url) {
  const response = await fetch(`${address}/invocations${query}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const columns = ["pressure", "humidity"];

describe("MLflow's scoring protocol", () => {
  it.each([
    [
      "dataframe_split",
      {
        columns,
        data: [
          [3, 1],
          [1, 3],
        ],
      },
    ],
    [
      "dataframe_records",
      [
        { pressure: 3, humidity: 1 },
        { pressure: 1, humidity: 3 },
      ],
    ],
    [
      "instances",
      [
        { pressure: 3, humidity: 1 },
        { pressure: 1, humidity: 3 },
      ],
    ],
    [
      "instances",
      [
        [3, 1],
        [1, 3],
      ],
    ],
    ["inputs", { pressure: [3, 1], humidity: [1, 3] }],
    [
      "inputs",
      [
        [3, 1],
        [1, 3],
      ],
    ],
  ])("takes %s", async (form, table) => {
    expect(await invoke({ [form]: table })).toEqual({ status: 200, body: { predictions: ["sun", "rain"] } });
  });

  it("gives probabilities and records on request", async () => {
    const one = { inputs: { pressure: 3, humidity: 1 } };
    expect((await invoke({ ...one, params: { output: "probability" } })).body.predictions).toEqual([0.75]);
    expect((await invoke({ ...one, params: { output: "record" } })).body.predictions).toEqual([
      { value: "sun", probability: 0.75, probabilities: { rain: 0.25, sun: 0.75 } },
    ]);
  });

  it("looks features up where a row has not all inputs", async () => {
    await invoke({ dataframe_records: [{ at: "2001-05-01" }], params: { asOf: "2001-05-02" } });
    expect(serving.asked.at(-1)).toMatchObject({ by: "keys", asOf: "2001-05-02" });
  });

  it.each([
    ["no table", {}, "exactly one table"],
    ["two tables", { inputs: [], instances: [] }, "exactly one table"],
    ["an unknown field", { rows: [] }, "rows"],
    ["an unknown param", { inputs: [[1, 2]], params: { temperature: 1 } }, "temperature"],
    ["no rows", { instances: [] }, "has no rows"],
    ["short rows", { instances: [[1]] }, "2 values: pressure, humidity"],
    ["columns of other lengths", { inputs: { pressure: [1, 2], humidity: [1] } }, "columns of one length"],
    ["records that are none", { dataframe_records: [3] }, "row 0 of dataframe_records"],
    ["columns without names", { dataframe_split: { columns: [1], data: [] } }, "columns (names)"],
    ["an unknown column", { dataframe_records: [{ wind: 1 }] }, "unknown column"],
  ])("refuses %s", async (_, body, said) => {
    const answer = await invoke(body);
    expect([answer.status, answer.body.error_code]).toEqual([400, "BAD_REQUEST"]);
    expect(answer.body.message).toContain(said);
  });

  it("wants to know which model, unless there is one", async () => {
    const body = { inputs: [[3, 1]] };
    expect((await invoke(body, "")).body.message).toContain("/invocations?model=<name>");
    expect((await invoke(body, "?model=nobody")).status).toBe(404);
    const all = sampleServing();
    const single: Serving = {
      ...all,
      models: () => all.models().filter((model) => model.name === "weather"),
    };
    const own = await testServer({ serving: single });
    try {
      expect((await invoke(body, "", own.url)).body).toEqual({ predictions: ["sun"] });
    } finally {
      await own.close();
    }
  });

  it("answers ping", async () => {
    const response = await fetch(`${server.url}/ping`);
    expect([response.status, await response.text()]).toEqual([200, "\n"]);
  });
});
