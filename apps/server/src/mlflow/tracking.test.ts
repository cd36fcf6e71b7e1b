import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWire, type Wire } from "./testing/wire.ts";

let wire: Wire;
beforeAll(async () => {
  wire = await openWire();
});
afterAll(() => wire.close());

interface RunAnswer {
  readonly run: {
    readonly info: {
      readonly run_id: string;
      readonly run_name: string;
      readonly status: string;
      readonly end_time?: number;
    };
    readonly data: {
      readonly metrics: readonly { readonly key: string; readonly value: number | string }[];
      readonly params: readonly { readonly key: string; readonly value: string }[];
      readonly tags: readonly { readonly key: string; readonly value: string }[];
    };
  };
}
const getRun = async (id: string) => (await wire.ok<RunAnswer>("GET", "/runs/get", { run_id: id })).run;
const refused = (code: string, status = 400) => ({ status, body: { error_code: code } });

describe("probes", () => {
  it("answers what a client asks before it starts", async () => {
    const version = await wire.app.request("/version");
    expect(await version.text()).toMatch(/^3\.\d+\.\d+$/);
    const info = await wire.app.request("/api/3.0/mlflow/server-info");
    expect(await info.json()).toEqual({ store_type: "SqlStore", workspaces_enabled: false });
  });

  it("says which calls it does not know", async () => {
    expect(await wire.call("POST", "/traces/search")).toMatchObject(refused("ENDPOINT_NOT_FOUND", 404));
    expect(await wire.call("DELETE", "/runs/get")).toMatchObject(refused("ENDPOINT_NOT_FOUND", 404));
  });

  it("answers MLflow's own pages by the same calls", async () => {
    const answer = await wire.app.request("/ajax-api/2.0/mlflow/experiments/get?experiment_id=0");
    expect(await answer.json()).toMatchObject({ experiment: { name: "Default" } });
  });
});

describe("experiments", () => {
  it("has a default", async () => {
    expect(await wire.ok("GET", "/experiments/get", { experiment_id: "0" })).toMatchObject({
      experiment: {
        experiment_id: "0",
        name: "Default",
        artifact_location: "mlflow-artifacts:/0",
        lifecycle_stage: "active",
      },
    });
  });

  it("creates, renames, tags, deletes and restores", async () => {
    const created = await wire.ok<{ experiment_id: string }>("POST", "/experiments/create", {
      name: "churn",
      tags: [{ key: "team", value: "risk" }],
    });
    const id = created.experiment_id;
    await wire.ok("POST", "/experiments/update", { experiment_id: id, new_name: "churn 2" });
    await wire.ok("POST", "/experiments/set-experiment-tag", { experiment_id: id, key: "a", value: "b" });
    await wire.ok("POST", "/experiments/delete-experiment-tag", { experiment_id: id, key: "team" });
    await wire.ok("POST", "/experiments/delete", { experiment_id: id });
    expect(await wire.ok("GET", "/experiments/get-by-name", { experiment_name: "churn 2" })).toMatchObject({
      experiment: { lifecycle_stage: "deleted", tags: [{ key: "a", value: "b" }] },
    });
    expect(await wire.call("POST", "/experiments/delete", { experiment_id: id })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    expect(await wire.call("POST", "/runs/create", { experiment_id: id })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
    await wire.ok("POST", "/experiments/restore", { experiment_id: id });
    await wire.ok("POST", "/runs/create", { experiment_id: id });
  });

  it("refuses a name twice with 400, a missing one with 404", async () => {
    await wire.ok("POST", "/experiments/create", { name: "twice" });
    expect(await wire.call("POST", "/experiments/create", { name: "twice" })).toMatchObject(
      refused("RESOURCE_ALREADY_EXISTS"),
    );
    expect(await wire.call("GET", "/experiments/get-by-name", { experiment_name: "none" })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    expect(await wire.call("POST", "/experiments/create", {})).toMatchObject({
      ...refused("INVALID_PARAMETER_VALUE"),
      body: { message: expect.stringContaining("Missing value for required parameter 'name'") },
    });
  });

  it("searches by GET and by POST", async () => {
    await wire.ok("POST", "/experiments/create", { name: "find me", tags: [{ key: "k", value: "v" }] });
    const filter = "name LIKE 'find%' AND tags.k = 'v'";
    for (const method of ["GET", "POST"]) {
      expect(
        await wire.ok(method, "/experiments/search", { filter, max_results: 5, order_by: ["name DESC"] }),
      ).toMatchObject({
        experiments: [{ name: "find me" }],
      });
    }
  });

  it.each([
    "s3://b/../c",
    "mlflow-artifacts:/..%252f..%252fetc",
    "file:///a#../../x",
    "s3://b?x=..",
    "runs:/x",
    "s3://b/%00",
  ])("refuses the artifact location %s", async (artifact_location) => {
    expect(
      await wire.call("POST", "/experiments/create", { name: `at ${artifact_location}`, artifact_location }),
    ).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
  });
});

describe("runs", () => {
  it("invents a name, keeps both ids, ends and goes on", async () => {
    const { id } = await wire.run();
    const { info } = await getRun(id);
    expect(info).toMatchObject({ run_id: id, run_uuid: id, status: "RUNNING", lifecycle_stage: "active" });
    expect(info.run_name).not.toBe("");
    for (const status of ["FINISHED", "FAILED", "KILLED", "FINISHED", "RUNNING"]) {
      const { run_info } = await wire.ok<{ run_info: { status: string } }>("POST", "/runs/update", {
        run_id: id,
        status,
        end_time: status === "RUNNING" ? undefined : 1_700_000_000_123,
      });
      expect(run_info.status).toBe(status);
    }
    expect((await getRun(id)).info.end_time).toBeUndefined();
  });

  it("keeps the name in one place", async () => {
    const { run } = await wire.ok<RunAnswer>("POST", "/runs/create", {
      experiment_id: "0",
      tags: [{ key: "mlflow.runName", value: "first" }],
    });
    expect(run.info.run_name).toBe("first");
    await wire.ok("POST", "/runs/set-tag", {
      run_id: run.info.run_id,
      key: "mlflow.runName",
      value: "second",
    });
    const now = await getRun(run.info.run_id);
    expect(now.info.run_name).toBe("second");
    expect(now.data.tags).toEqual([{ key: "mlflow.runName", value: "second" }]);
    const { runs } = await wire.ok<{ runs: readonly unknown[] }>("POST", "/runs/search", {
      experiment_ids: ["0"],
      filter: "tags.mlflow.runName = 'second'",
    });
    expect(runs).toHaveLength(1);
  });

  it("takes a param twice with one value, not with another", async () => {
    const { id: run_id } = await wire.run();
    await wire.ok("POST", "/runs/log-parameter", { run_id, key: "depth", value: "5" });
    await wire.ok("POST", "/runs/log-parameter", { run_id, key: "depth", value: "5" });
    expect(
      await wire.call("POST", "/runs/log-parameter", { run_id, key: "depth", value: "6" }),
    ).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
    // All of a batch or nothing of it.
    const params = [
      { key: "new", value: "1" },
      { key: "depth", value: "7" },
    ];
    expect(await wire.call("POST", "/runs/log-batch", { run_id, params })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
    expect((await getRun(run_id)).data.params).toEqual([{ key: "depth", value: "5" }]);
  });

  it("passes over metrics sent again, NaN included, and shows the latest", async () => {
    const { id: run_id } = await wire.run();
    const metrics = [
      { key: "auc", value: 0.7, timestamp: 2, step: 1 },
      { key: "auc", value: 0.9, timestamp: 1, step: 1 },
      { key: "auc", value: "NaN", timestamp: "3", step: "1" },
      { key: "loss", value: "-Infinity", timestamp: 1 },
    ];
    for (let time = 0; time < 2; time += 1) await wire.ok("POST", "/runs/log-batch", { run_id, metrics });
    const history = await wire.ok("GET", "/metrics/get-history", { run_id, metric_key: "auc" });
    expect(history).toEqual({
      metrics: [
        { key: "auc", value: 0.9, timestamp: 1, step: 1 },
        { key: "auc", value: 0.7, timestamp: 2, step: 1 },
        { key: "auc", value: "NaN", timestamp: 3, step: 1 },
      ],
    });
    expect((await getRun(run_id)).data.metrics).toMatchObject([
      { key: "auc", value: "NaN" },
      { key: "loss", value: "-Infinity" },
    ]);
  });

  it("pages through a history", async () => {
    const { id: run_id } = await wire.run();
    const metrics = Array.from({ length: 25 }, (_, step) => ({ key: "m", value: step, timestamp: 1, step }));
    await wire.ok("POST", "/runs/log-batch", { run_id, metrics });
    const values: number[] = [];
    let token = "";
    do {
      const page = await wire.ok<{ metrics: { value: number }[]; next_page_token?: string }>(
        "GET",
        "/metrics/get-history",
        {
          run_id,
          metric_key: "m",
          max_results: 10,
          page_token: token,
        },
      );
      values.push(...page.metrics.map(({ value }) => value));
      token = page.next_page_token ?? "";
    } while (token !== "");
    expect(values).toEqual(metrics.map(({ value }) => value));
    const curves = await wire.ok<{ metrics: { step: number; run_id: string }[] }>(
      "GET",
      "/metrics/get-history-bulk-interval",
      {
        run_ids: [run_id],
        metric_key: "m",
        start_step: 5,
        end_step: 20,
        max_results: 4,
      },
    );
    expect(curves.metrics.length).toBeLessThanOrEqual(4);
    expect(curves.metrics.at(0)).toMatchObject({ step: 5, run_id });
    expect(curves.metrics.at(-1)).toMatchObject({ step: 20 });
  });

  it.each([
    ["metrics", 1_001],
    ["params", 101],
    ["tags", 101],
  ])("refuses a batch of more than its share of %s", async (what, count) => {
    const { id: run_id } = await wire.run();
    const items = Array.from({ length: count }, (_, n) => ({
      key: `k${n}`,
      value: what === "metrics" ? 1 : "1",
      timestamp: 1,
    }));
    expect(await wire.call("POST", "/runs/log-batch", { run_id, [what]: items })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
  });

  it("refuses a batch beyond a megabyte with 400", async () => {
    const { id: run_id } = await wire.run();
    const params = Array.from({ length: 100 }, (_, n) => ({ key: `k${n}`, value: "x".repeat(10_001) }));
    expect(await wire.call("POST", "/runs/log-batch", { run_id, params })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
  });

  it("cuts long values as MLflow's server does, and refuses long keys", async () => {
    const { id: run_id } = await wire.run();
    await wire.ok("POST", "/runs/log-parameter", { run_id, key: "p", value: `${"x".repeat(5_999)}💡` });
    await wire.ok("POST", "/runs/set-tag", { run_id, key: "t", value: "y".repeat(9_000) });
    const { data } = await getRun(run_id);
    expect(data.params[0]?.value).toBe("x".repeat(5_999));
    expect(data.tags.find(({ key }) => key === "t")?.value).toHaveLength(8_000);
    const key = "k".repeat(251);
    expect(
      await wire.call("POST", "/runs/log-metric", { run_id, key, value: 1, timestamp: 1 }),
    ).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
  });

  it.each([
    ["/runs/log-metric", { key: "m", value: "high", timestamp: 1 }],
    ["/runs/log-metric", { key: "m", value: 1, timestamp: 1.5 }],
    ["/runs/log-metric", { key: "m", value: 1, timestamp: 1e17 }],
    ["/runs/log-metric", { key: "m", timestamp: 1 }],
    ["/runs/log-metric", { key: "", value: 1, timestamp: 1 }],
    ["/runs/log-metric", { key: "m", value: 1, timestamp: 1, step: 1e300 }],
    ["/runs/log-parameter", { key: "p\u0000", value: "1" }],
    ["/runs/set-tag", { key: ["k"], value: "1" }],
    ["/runs/update", { status: "DONE" }],
    ["/runs/log-batch", { metrics: "many" }],
    ["/runs/log-inputs", { datasets: [{ dataset: { name: "d" } }] }],
    ["/runs/log-model", { model_json: "{}" }],
  ])("answers a mistake at %s with 400: %j", async (path, fields) => {
    const { id: run_id } = await wire.run();
    expect(await wire.call("POST", path, { run_id, ...fields })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
  });

  it("answers what is not JSON with 400", async () => {
    const answer = await wire.app.request("/api/2.0/mlflow/runs/create", { method: "POST", body: "{oops" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error_code: "INVALID_PARAMETER_VALUE" });
    expect(await wire.call("POST", "/runs/search", { experiment_ids: ["0"], page_token: "x" })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
    expect(
      await wire.call("POST", "/runs/search", { experiment_ids: ["0"], max_results: 50_001 }),
    ).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
  });

  it("deletes, refuses to write to what is deleted, and restores", async () => {
    const { id: run_id, experimentId } = await wire.run();
    await wire.ok("POST", "/runs/delete", { run_id });
    expect(
      await wire.call("POST", "/runs/log-metric", { run_id, key: "m", value: 1, timestamp: 1 }),
    ).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
    const search = (run_view_type: string) =>
      wire.ok<{ runs?: readonly unknown[] }>("POST", "/runs/search", {
        experiment_ids: [experimentId],
        run_view_type,
      });
    expect(await search("ACTIVE_ONLY")).toEqual({});
    expect((await search("DELETED_ONLY")).runs).toHaveLength(1);
    expect((await search("ALL")).runs).toHaveLength(1);
    await wire.ok("POST", "/runs/restore", { run_id });
    expect((await search("ACTIVE_ONLY")).runs).toHaveLength(1);
    expect(await wire.call("GET", "/runs/get", { run_id: "f".repeat(32) })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
  });

  it("deletes tags, and says which are not there", async () => {
    const { id: run_id } = await wire.run();
    await wire.ok("POST", "/runs/set-tag", { run_id, key: "__proto__", value: "1" });
    await wire.ok("POST", "/runs/delete-tag", { run_id, key: "__proto__" });
    expect(await wire.call("POST", "/runs/delete-tag", { run_id, key: "toString" })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
  });

  it("shows inputs and finds runs by them", async () => {
    const { id: run_id, experimentId } = await wire.run();
    const dataset = {
      name: "flights",
      digest: "abc123",
      source_type: "local",
      source: '{"uri": "x"}',
      schema: "{}",
      profile: "{}",
    };
    const tags = [{ key: "mlflow.data.context", value: "training" }];
    await wire.ok("POST", "/runs/log-inputs", { run_id, datasets: [{ tags, dataset }] });
    // Again, without words: what was said before stays.
    await wire.ok("POST", "/runs/log-inputs", {
      run_id,
      datasets: [{ dataset: { name: "flights", digest: "abc123" } }],
    });
    expect(await getRun(run_id)).toMatchObject({ inputs: { dataset_inputs: [{ tags, dataset }] } });
    const found = await wire.ok<{ runs: readonly unknown[] }>("POST", "/runs/search", {
      experiment_ids: [experimentId],
      filter: "dataset.name = 'flights' AND datasets.context = 'training' AND dataset.digest LIKE 'abc%'",
    });
    expect(found.runs).toHaveLength(1);
    expect(await wire.ok("POST", "/experiments/search-datasets", { experiment_ids: [experimentId] })).toEqual(
      {
        dataset_summaries: [
          { experiment_id: experimentId, name: "flights", digest: "abc123", context: "training" },
        ],
      },
    );
  });
});
