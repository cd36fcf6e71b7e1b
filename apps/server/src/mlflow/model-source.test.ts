import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWire, type Wire } from "./testing/wire.ts";

const name = "model";
const refused = (code: string, status = 400) => ({ status, body: { error_code: code } });

let wire: Wire;
let runId: string;
let experimentId: string;
let modelId: string;
beforeAll(async () => {
  wire = await openWire();
  ({ id: runId, experimentId } = await wire.run());
  const { model } = await wire.ok<{ model: { info: { model_id: string } } }>("POST", "/logged-models", {
    experiment_id: experimentId,
    name,
  });
  modelId = model.info.model_id;
  await wire.ok("POST", "/registered-models/create", { name });
});
afterAll(() => wire.close());

describe("the source of a version", () => {
  const create = (source: string, fields: object = {}) =>
    wire.call("POST", "/model-versions/create", { name, source, ...fields });

  it("may be a run's files, its own address, or a store elsewhere", async () => {
    const own = `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`;
    for (const [source, fields] of [
      [`runs:/${runId}/model`, { run_id: runId }],
      [own, { run_id: runId }],
      ["s3://bucket/models/1", {}],
      ["https://store.example/models/1", {}],
    ] as const) {
      expect(await create(source, fields)).toMatchObject({
        status: 200,
        body: { model_version: { source } },
      });
    }
  });

  // CVE-2023-6730, CVE-2024-1560 and their relatives: sources that lead somewhere else.
  it.each([
    "/etc/passwd",
    "etc/passwd",
    "file:///etc/passwd",
    "file:/etc",
    "FILE:///etc",
    "local:/x",
    "C:/windows",
    "\\\\host\\share",
    "s3://bucket/../x",
    "s3://bucket/%2e%2e/x",
    "s3://bucket/%252e%252e%252fx",
    "s3://bucket/a?x=../..",
    "s3://bucket/a#../x",
    "s3://bucket/a%00",
    "s3:///",
    "https://pawl.example/api/2.0/mlflow-artifacts/artifacts/1/x",
    "https://pawl.example/api/2.0/mlflow-artifacts%2fartifacts/1/x",
    "mlflow-artifacts:/../../etc",
    "mlflow-artifacts://host/..%2f..%2fetc",
    "mlflow-artifacts:/1/none/artifacts",
    "models:/m-0/../x",
    "models://host/m-00000000000000000000000000000000",
    "models:/a/b/c",
    "runs:/nothing/model",
    "javascript:alert(1)",
    "dbfs:/../x",
  ])("must not be %s", async (source) => {
    expect(await create(source, { run_id: runId })).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
  });

  it("must be inside what the request claims", async () => {
    const other = await wire.run();
    const own = `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`;
    for (const [source, fields] of [
      [own, {}],
      [own, { run_id: other.id }],
      [`runs:/${runId}/model`, { run_id: other.id }],
      [`models:/${modelId}`, { model_id: `m-${"0".repeat(32)}` }],
      [`mlflow-artifacts:/${experimentId}/models/${modelId}/artifacts`, { run_id: runId }],
    ] as const) {
      expect(await create(source, fields)).toMatchObject(refused("INVALID_PARAMETER_VALUE"));
    }
    expect(await create(`models:/m-${"0".repeat(32)}`)).toMatchObject(
      refused("RESOURCE_DOES_NOT_EXIST", 404),
    );
    expect(await create("models:/none/1")).toMatchObject(refused("RESOURCE_DOES_NOT_EXIST", 404));
  });
});
