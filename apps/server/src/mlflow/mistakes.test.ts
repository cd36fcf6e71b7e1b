import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpoints, mlflowRoutes } from "./mlflow-routes.ts";
import { openWire, type Wire } from "./testing/wire.ts";

let wire: Wire;
let runId: string;
beforeAll(async () => {
  wire = await openWire();
  ({ id: runId } = await wire.run());
});
afterAll(() => wire.close());

const fieldNames = [
  "run_id",
  "run_uuid",
  "experiment_id",
  "experiment_ids",
  "experiment_name",
  "name",
  "new_name",
  "key",
  "value",
  "timestamp",
  "step",
  "metrics",
  "params",
  "tags",
  "datasets",
  "models",
  "filter",
  "order_by",
  "max_results",
  "page_token",
  "metric_key",
  "run_ids",
  "start_step",
  "end_step",
  "path",
  "source",
  "version",
  "alias",
  "stage",
  "stages",
  "status",
  "end_time",
  "run_name",
  "user_id",
  "start_time",
  "model_id",
  "model_json",
  "artifact_location",
  "description",
  "view_type",
  "run_view_type",
  "artifact_directory_path",
  "source_run_id",
  "archive_existing_versions",
];

/** Anything a careless or hostile client may put into a field. */
const values = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom<unknown>(
      null,
      "",
      "0",
      "NaN",
      "x",
      "__proto__",
      "../../etc/passwd",
      "%252e%252e/",
      "\u0000",
      "\ud800",
      "models:/m-1",
      "s3://b/a",
      "metrics.a >",
      "metrics.a > 1 DESC",
      "RUNNING",
      "READY",
      "9".repeat(40),
      "k".repeat(9_000),
      0,
      -1,
      1.5,
      1e308,
      2 ** 53,
      true,
      [],
      {},
      [null],
      [[]],
      [{}],
      [{ key: null }],
      [{ key: "k", value: {} }],
      [{ key: "k", value: "v", timestamp: 1 }],
      [{ dataset: {} }],
      [{ model_id: "m-1" }],
      { key: "k" },
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );

/** A request body; often with a real run in it, so that it gets past the first check. */
const bodies = fc
  .dictionary(fc.constantFrom(...fieldNames), values(), { maxKeys: 12 })
  .chain((fields) =>
    fc.constantFrom<Record<string, unknown>>(fields, { ...fields, run_id: runId, key: "k" }),
  );

/** The status, or a description of what should not have happened. */
async function faultOf(
  method: string,
  path: string,
  fields: Record<string, unknown>,
): Promise<string | undefined> {
  const filled = path.replaceAll(
    /:(\w+)/g,
    (_, name: string) => encodeURIComponent(String(fields[name] ?? "x")) || "x",
  );
  const query =
    method === "GET"
      ? `?${new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])).toString()}`
      : "";
  const answer = await wire.app.request(`http://pawl.test/api/2.0/mlflow${filled}${query}`, {
    method,
    ...(method !== "GET" && { body: JSON.stringify(fields) }),
  });
  const text = await answer.text();
  if (answer.status === 200) return undefined;
  const { error_code, message } = JSON.parse(text) as { error_code?: string; message?: string };
  return answer.status < 500 && error_code !== undefined && message !== undefined && message !== ""
    ? undefined
    : `${method} ${filled}${query} ${JSON.stringify(fields)} → ${answer.status} ${text}`;
}

describe("a mistake of the client is never a fault of the server", () => {
  const calls = endpoints.flatMap(({ methods, path }) => methods.map((method) => [method, path] as const));

  it.each(calls)("%s %s", async (method, path) => {
    const faults: string[] = [];
    await fc
      .assert(
        fc.asyncProperty(bodies, async (fields) => {
          const fault = await faultOf(method, path, fields);
          if (fault !== undefined) faults.push(fault);
          return fault === undefined;
        }),
        { numRuns: 40 },
      )
      .catch(() => {});
    expect(faults.at(-1)).toBeUndefined();
  });
});

describe("a fault of the server", () => {
  it("is 500 without particulars, and is logged with them", async () => {
    const lines: object[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => lines.push(fields) };
    const broken = {
      ...wire.ledger,
      runs: { ...wire.ledger.runs, get: () => Promise.reject(new Error("secret path")) },
    };
    const app = mlflowRoutes({ ledger: broken, blobs: wire.blobs, log });
    const answer = await app.request("http://pawl.test/api/2.0/mlflow/runs/get?run_id=x");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("secret");
    expect(JSON.stringify(lines)).toContain("secret path");
  });
});
