import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWire, type Wire } from "./testing/wire.ts";

let wire: Wire;
let runId: string;
let experimentId: string;
let modelId: string;

beforeAll(async () => {
  wire = await openWire();
  ({ id: runId, experimentId } = await wire.run());
  modelId = await loggedModel("model");
});
afterAll(() => wire.close());

interface LoggedAnswer {
  readonly model: {
    readonly info: { readonly model_id: string; readonly artifact_uri: string; readonly status: string };
  };
}

/** A model with two files. */
async function loggedModel(name: string): Promise<string> {
  const { model } = await wire.ok<LoggedAnswer>("POST", "/logged-models", {
    experiment_id: experimentId,
    name,
    source_run_id: runId,
    params: [{ key: "depth", value: "3" }],
    tags: [{ key: "t", value: "1" }],
  });
  const { model_id: id, artifact_uri } = model.info;
  const top = `http://pawl.test/api/2.0/mlflow-artifacts/artifacts${artifact_uri.replace("mlflow-artifacts:", "")}`;
  for (const file of ["MLmodel", "data/model.bin"]) {
    const answer = await wire.app.request(`${top}/${file}`, { method: "PUT", body: `${name} ${file}` });
    expect(answer.status).toBe(200);
  }
  await wire.ok("PATCH", `/logged-models/${id}`, { model_id: id, status: "LOGGED_MODEL_READY" });
  return id;
}

interface VersionAnswer {
  readonly model_version: {
    readonly version: string;
    readonly source: string;
    readonly current_stage: string;
  };
}

const refused = (code: string, status = 400) => ({ status, body: { error_code: code } });
const register = (name: string, fields: object = {}) =>
  wire.ok<VersionAnswer>("POST", "/model-versions/create", {
    name,
    source: `models:/${modelId}`,
    model_id: modelId,
    ...fields,
  });
let names = 0;
async function registered(): Promise<string> {
  names += 1;
  const name = `model ${names}`;
  await wire.ok("POST", "/registered-models/create", { name });
  return name;
}

describe("logged models", () => {
  it("keeps what was logged", async () => {
    expect(await wire.ok("GET", `/logged-models/${modelId}`)).toMatchObject({
      model: {
        info: {
          model_id: modelId,
          status: "LOGGED_MODEL_READY",
          source_run_id: runId,
          tags: [{ key: "t", value: "1" }],
        },
        data: { params: [{ key: "depth", value: "3" }] },
      },
    });
    expect(
      await wire.ok("GET", `/logged-models/${modelId}/artifacts/directories`, {
        artifact_directory_path: "data",
      }),
    ).toMatchObject({
      files: [{ path: "data/model.bin", is_dir: false }],
    });
  });

  it("measures per dataset, and finds by metric, dataset, param, tag and name", async () => {
    const id = await loggedModel("measured");
    const metric = {
      run_id: runId,
      key: "auc",
      value: 0.8,
      timestamp: 1,
      model_id: id,
      dataset_name: "d",
      dataset_digest: "1",
    };
    await wire.ok("POST", "/runs/log-metric", metric);
    await wire.ok("POST", "/runs/outputs", { run_id: runId, models: [{ model_id: id, step: 0 }] });
    expect(await wire.ok("GET", "/runs/get", { run_id: runId })).toMatchObject({
      run: { outputs: { model_outputs: [{ model_id: id }] } },
    });
    const find = async (filter: string, more: object = {}) => {
      const { models = [] } = await wire.ok<{ models?: LoggedAnswer["model"][] }>(
        "POST",
        "/logged-models/search",
        {
          experiment_ids: [experimentId],
          filter,
          ...more,
        },
      );
      return models.map(({ info }) => info.model_id);
    };
    expect(await find("metrics.auc > 0.5 AND status = 'READY'")).toEqual([id]);
    expect(await find("metrics.auc > 0.5", { datasets: [{ dataset_name: "other" }] })).toEqual([]);
    expect(await find("name = 'measured' AND params.depth = '3' AND tags.t LIKE '1'")).toEqual([id]);
    expect(
      await find("", { order_by: [{ field_name: "metrics.auc", ascending: false }], max_results: 1 }),
    ).toEqual([id]);
  });

  it("tags, adds params, deletes", async () => {
    const id = await loggedModel("tagged");
    await wire.ok("PATCH", `/logged-models/${id}/tags`, { tags: [{ key: "k", value: "v" }] });
    await wire.ok("DELETE", `/logged-models/${id}/tags/t`);
    await wire.ok("POST", `/logged-models/${id}/params`, { params: [{ key: "new", value: "1" }] });
    expect(await wire.ok("GET", `/logged-models/${id}`)).toMatchObject({
      model: { info: { tags: [{ key: "k", value: "v" }] } },
    });
    await wire.ok("DELETE", `/logged-models/${id}`);
    expect(await wire.call("GET", `/logged-models/${id}`)).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    expect(await wire.call("GET", `/logged-models/${id}`, { allow_deleted: true })).toMatchObject({
      status: 200,
    });
    expect(
      await wire.call("POST", "/logged-models", { experiment_id: experimentId, name: "a/b" }),
    ).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
  });
});

describe("registered models", () => {
  it("creates, describes, tags, renames and finds", async () => {
    const name = await registered();
    await wire.ok("PATCH", "/registered-models/update", { name, description: "said" });
    await wire.ok("POST", "/registered-models/set-tag", { name, key: "team", value: "risk" });
    await wire.ok("POST", "/registered-models/set-tag", { name, key: "gone", value: "1" });
    await wire.ok("DELETE", "/registered-models/delete-tag", { name, key: "gone" });
    const new_name = `${name} renamed`;
    await wire.ok("POST", "/registered-models/rename", { name, new_name });
    expect(await wire.call("GET", "/registered-models/get", { name })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    const filter = "name ILIKE '%RENAMED' AND tags.team = 'risk' AND tag.`mlflow.prompt.is_prompt` != 'true'";
    expect(
      await wire.ok("GET", "/registered-models/search", { filter, order_by: ["name DESC"] }),
    ).toMatchObject({
      registered_models: [{ name: new_name, description: "said", tags: [{ key: "team", value: "risk" }] }],
    });
    expect(await wire.call("POST", "/registered-models/create", { name: new_name })).toMatchObject(
      refused("RESOURCE_ALREADY_EXISTS"),
    );
    const other = await registered();
    expect(await wire.call("POST", "/registered-models/rename", { name: other, new_name })).toMatchObject(
      refused("RESOURCE_ALREADY_EXISTS"),
    );
    for (const bad of ["", " ", "a/b", "a:b", ".."]) {
      expect(await wire.call("POST", "/registered-models/create", { name: bad })).toMatchObject(
        refused("INVALID_PARAMETER_VALUE"),
      );
    }
  });

  it("leaves prompts out unless they are asked for", async () => {
    await wire.ok("POST", "/registered-models/create", {
      name: "prompt",
      tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }],
    });
    const found = async (filter: string) => {
      const { registered_models = [] } = await wire.ok<{ registered_models?: { name: string }[] }>(
        "GET",
        "/registered-models/search",
        { filter },
      );
      return registered_models.map(({ name }) => name);
    };
    expect(await found("name = 'prompt'")).toEqual([]);
    expect(await found("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(["prompt"]);
    expect(await found("tags.`mlflow.prompt.is_prompt` = 'false'")).not.toContain("prompt");
  });

  it("comes back empty when a deleted name is used again, and goes on counting", async () => {
    const name = await registered();
    await wire.ok("POST", "/registered-models/set-tag", { name, key: "k", value: "v" });
    await register(name);
    await register(name);
    await wire.ok("DELETE", "/registered-models/delete", { name });
    expect(await wire.call("GET", "/registered-models/get", { name })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    expect(await wire.call("GET", "/model-versions/get", { name, version: "1" })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    const { registered_model } = await wire.ok<{ registered_model: object }>(
      "POST",
      "/registered-models/create",
      { name },
    );
    expect(registered_model).toMatchObject({ name, tags: [], aliases: [] });
    expect(registered_model).not.toHaveProperty("latest_versions");
    expect((await register(name)).model_version.version).toBe("3");
  });
});

describe("versions", () => {
  it("counts the same model again as another version", async () => {
    const name = await registered();
    for (const version of ["1", "2", "3"]) {
      expect(await register(name, { tags: [{ key: "n", value: version }] })).toMatchObject({
        model_version: { version, status: "READY", current_stage: "None", run_id: runId, model_id: modelId },
      });
    }
    expect(await wire.ok("GET", "/model-versions/get-download-uri", { name, version: 1 })).toEqual({
      artifact_uri: `mlflow-artifacts:/${experimentId}/models/${modelId}/artifacts`,
    });
    const search = { filter: `name = '${name}' AND tags.n != '2'`, order_by: ["version_number ASC"] };
    const { model_versions } = await wire.ok<{ model_versions: { version: string }[] }>(
      "GET",
      "/model-versions/search",
      search,
    );
    expect(model_versions.map(({ version }) => version)).toEqual(["1", "3"]);
    expect(
      await wire.ok("GET", "/model-versions/search", {
        filter: `run_id IN ('${runId}')`,
        max_results: 200_000,
      }),
    ).toHaveProperty("model_versions");
  });

  it("pins what a version is made of", async () => {
    const name = await registered();
    await register(name);
    const version = await wire.ledger.models.version({ name, version: 1 });
    expect(version?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(version?.document).toMatchObject({
      format: "mlflow",
      files: [{ path: "MLmodel" }, { path: "data/model.bin" }],
    });
  });

  it("moves through stages and keeps the latest of each", async () => {
    const name = await registered();
    for (let count = 0; count < 3; count += 1) await register(name);
    const move = (version: number, stage: string, archive_existing_versions = false) =>
      wire.call("POST", "/model-versions/transition-stage", {
        name,
        version: String(version),
        stage,
        archive_existing_versions,
      });
    expect(await move(1, "production")).toMatchObject({
      status: 200,
      body: { model_version: { current_stage: "Production" } },
    });
    expect(await move(2, "Production", true)).toMatchObject({ status: 200 });
    expect(await wire.ok("GET", "/model-versions/get", { name, version: 1 })).toMatchObject({
      model_version: { current_stage: "Archived" },
    });
    expect(await move(3, "live")).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
    expect(await move(3, "None", true)).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
    for (const method of ["GET", "POST"]) {
      const { model_versions } = await wire.ok<{ model_versions: { version: string }[] }>(
        method,
        "/registered-models/get-latest-versions",
        { name, stages: ["Production", "None"] },
      );
      expect(model_versions.map(({ version }) => version)).toEqual(["2", "3"]);
    }
  });

  it("describes, tags, deletes", async () => {
    const name = await registered();
    await register(name);
    await wire.ok("PATCH", "/model-versions/update", { name, version: "1", description: "d" });
    await wire.ok("POST", "/model-versions/set-tag", { name, version: "1", key: "k", value: "v" });
    await wire.ok("DELETE", "/model-versions/delete-tag", { name, version: "1", key: "none" });
    expect(await wire.ok("GET", "/model-versions/get", { name, version: "1" })).toMatchObject({
      model_version: { description: "d", tags: [{ key: "k", value: "v" }] },
    });
    await wire.ok("DELETE", "/model-versions/delete", { name, version: "1" });
    expect(await wire.call("GET", "/model-versions/get", { name, version: "1" })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    expect(await wire.call("GET", "/model-versions/get", { name, version: "one" })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
    expect(
      await wire.call("POST", "/model-versions/create", { name: "none", source: `models:/${modelId}` }),
    ).toMatchObject(refused("RESOURCE_DOES_NOT_EXIST", 404));
  });

  it("points aliases, and answers a missing one with 400", async () => {
    const name = await registered();
    await register(name);
    await register(name);
    const alias = "champion";
    await wire.ok("POST", "/registered-models/alias", { name, alias, version: "1" });
    await wire.ok("POST", "/registered-models/alias", { name, alias, version: "2" });
    expect(await wire.ok("GET", "/registered-models/alias", { name, alias })).toMatchObject({
      model_version: { version: "2", aliases: ["champion"] },
    });
    expect(await wire.ok("GET", "/registered-models/get", { name })).toMatchObject({
      registered_model: { aliases: [{ alias, version: "2" }] },
    });
    await wire.ok("DELETE", "/registered-models/alias", { name, alias });
    expect(await wire.call("GET", "/registered-models/alias", { name, alias })).toMatchObject(
      refused("INVALID_PARAMETER_VALUE"),
    );
    expect(await wire.call("POST", "/registered-models/alias", { name, alias, version: "9" })).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    for (const bad of ["latest", "v1", "a b", "a/b"]) {
      expect(
        await wire.call("POST", "/registered-models/alias", { name, alias: bad, version: "1" }),
      ).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
    }
  });

  it("copies versions by their address", async () => {
    const [from, to] = [await registered(), await registered()];
    await register(from);
    await wire.ok("POST", "/registered-models/alias", { name: from, alias: "best", version: "1" });
    for (const source of [`models:/${from}/1`, `models:/${from}@best`]) {
      const { model_version } = await wire.ok<VersionAnswer>("POST", "/model-versions/create", {
        name: to,
        source,
      });
      expect(model_version).toMatchObject({ source: `models:/${from}/1`, run_id: runId, model_id: modelId });
      expect(
        await wire.ok("GET", "/model-versions/get-download-uri", {
          name: to,
          version: model_version.version,
        }),
      ).toEqual({
        artifact_uri: `mlflow-artifacts:/${experimentId}/models/${modelId}/artifacts`,
      });
    }
  });
});
