import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWire, type Wire } from "./testing/wire.ts";

let wire: Wire;
let root: string;
let runId: string;
let experimentId: string;

beforeAll(async () => {
  wire = await openWire();
  ({ id: runId, experimentId } = await wire.run());
  root = `${experimentId}/${runId}/artifacts`;
});
afterAll(() => wire.close());

const base = "http://pawl.test/api/2.0/mlflow-artifacts/artifacts";
const request = async (method: string, path: string, init: RequestInit = {}) =>
  wire.app.request(`${base}/${path}`, { method, ...init });
const put = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  request("PUT", path, { body, headers });
const list = async (path: string) => {
  const answer = await wire.app.request(`${base}?path=${encodeURIComponent(path)}`);
  return { status: answer.status, body: (await answer.json()) as unknown };
};

describe("artifacts", () => {
  it("stores, lists, sends and deletes files", async () => {
    expect(await (await put(`${root}/model/MLmodel`, "flavors: {}")).json()).toEqual({});
    await put(`${root}/a%20b.txt`, "hello");
    expect(await list(root)).toEqual({
      status: 200,
      body: {
        files: [
          { path: "a b.txt", is_dir: false, file_size: 5 },
          { path: "model", is_dir: true },
        ],
      },
    });
    expect((await list(`${root}/model`)).body).toEqual({
      files: [{ path: "MLmodel", is_dir: false, file_size: 11 }],
    });
    const sent = await request("GET", `${root}/model/MLmodel`);
    expect(await sent.text()).toBe("flavors: {}");
    expect(sent.headers.get("content-length")).toBe("11");
    expect(sent.headers.get("x-content-type-options")).toBe("nosniff");
    expect(sent.headers.get("content-disposition")).toMatch(/^attachment/);
    expect(await wire.ok("GET", "/artifacts/list", { run_id: runId, path: "model" })).toEqual({
      root_uri: `mlflow-artifacts:/${root}`,
      files: [{ path: "model/MLmodel", is_dir: false, file_size: 11 }],
    });
    await request("DELETE", `${root}/model`);
    expect((await list(`${root}/model`)).body).toEqual({});
  });

  it("lists nothing for a file, a missing folder and a place of nobody, with 200", async () => {
    await put(`${root}/one.txt`, "1");
    for (const path of [
      `${root}/one.txt`,
      `${root}/none`,
      "",
      "77",
      `${experimentId}/${"a".repeat(32)}/artifacts`,
    ]) {
      expect(await list(path)).toEqual({ status: 200, body: {} });
    }
  });

  it("takes a JSON file for a file, not for a JSON request", async () => {
    const broken = '{"not": json';
    const answer = await put(`${root}/broken.json`, broken, { "content-type": "application/json" });
    expect(answer.status).toBe(200);
    expect(await (await request("GET", `${root}/broken.json`)).text()).toBe(broken);
  });

  it("stores empty files, replaces files, and sends parts", async () => {
    await put(`${root}/empty`, "");
    expect(await (await request("GET", `${root}/empty`)).text()).toBe("");
    await put(`${root}/v`, "one");
    await put(`${root}/v`, "0123456789");
    const part = async (range: string) => {
      const answer = await request("GET", `${root}/v`, { headers: { range } });
      return [answer.status, await answer.text(), answer.headers.get("content-range")];
    };
    expect(await part("bytes=2-4")).toEqual([206, "234", "bytes 2-4/10"]);
    expect(await part("bytes=8-")).toEqual([206, "89", "bytes 8-9/10"]);
    expect(await part("bytes=-3")).toEqual([206, "789", "bytes 7-9/10"]);
    expect(await part("bytes=0-1,3-4")).toEqual([200, "0123456789", null]);
  });

  it("answers missing files and strangers' paths with 404", async () => {
    for (const path of [
      `${root}/none.txt`,
      `${experimentId}/${"a".repeat(32)}/artifacts/x`,
      `999/${runId}/artifacts/x`,
      `${runId}/artifacts/x`,
      "x",
    ]) {
      const answer = await request("GET", path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
      expect((await put(path, "x")).status).toBe(path.startsWith(root) ? 200 : 404);
    }
  });

  it("declines multipart uploads so that the client falls back to one PUT", async () => {
    const answer = await wire.app.request(`http://pawl.test/api/2.0/mlflow-artifacts/mpu/create/${root}`, {
      method: "POST",
      body: "{}",
    });
    expect(answer.status).toBe(501);
    expect(await answer.json()).toMatchObject({
      error_code: "NOT_IMPLEMENTED",
      message: expect.stringMatching(
        /^Multipart upload is not supported for the current artifact repository/,
      ),
    });
  });

  it("leaves nothing of an upload that breaks off", async () => {
    const before = await readdir(join(wire.folder, "blobs"), { recursive: true });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(100_000));
      },
      pull(controller) {
        controller.error(new Error("the client went away"));
      },
    });
    const init = { body, duplex: "half" } as RequestInit;
    const answer = await request("PUT", `${root}/broken`, init);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await request("GET", `${root}/broken`)).status).toBe(404);
    expect(await readdir(join(wire.folder, "blobs"), { recursive: true })).toEqual(before);
  });
});

/** Published holes of MLflow's server, each as a request that must be refused and change nothing. */
describe("containment", () => {
  // CVE-2023-1177, CVE-2023-6730, CVE-2024-1593, CVE-2026-2614 and their doubly encoded relatives.
  it.each([
    "..%2f..%2f..%2fetc%2fpasswd",
    "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "%25252e%25252e%25252fetc",
    "x/..%5c..%5cetc",
    "%2fetc%2fpasswd",
    "C:%2fwindows",
    "file:%2f%2f%2fetc%2fpasswd",
    "x%00.txt",
    "x%2500.txt",
    "x;..%2fy%2f..%2f..%2fz",
    "a%23b",
  ])("refuses %s for PUT, GET and DELETE", async (path) => {
    for (const method of ["PUT", "GET", "DELETE"]) {
      const answer = await request(method, `${root}/${path}`, method === "PUT" ? { body: "evil" } : {});
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error_code: "INVALID_PARAMETER_VALUE" });
    }
  });

  it.each(["../../etc", "%2e%2e/%2e%2e", "%252e%252e/x", "/etc", "..\\x", "x\u0000", "file:///etc/passwd"])(
    "refuses to list %j",
    async (path) => {
      for (const where of [path, `${root}/${path}`.replace("//", "/%2f")]) {
        expect(await list(where)).toMatchObject({
          status: 400,
          body: { error_code: "INVALID_PARAMETER_VALUE" },
        });
      }
      expect(await wire.call("GET", "/artifacts/list", { run_id: runId, path })).toMatchObject({
        status: 400,
      });
    },
  );

  it("does not leave the prefix by .. in the address itself", async () => {
    expect((await request("GET", `${root}/../../../../../etc/passwd`)).status).toBe(404);
    expect((await request("PUT", `${root}/%2e%2e/%2E%2e/x`, { body: "evil" })).status).toBe(404);
    expect(
      (await request("PUT", `${root}/../../${"b".repeat(32)}/artifacts/x`, { body: "evil" })).status,
    ).toBe(404);
  });

  it("follows no link on the disk: paths are keys, never files", async () => {
    const secret = join(wire.folder, "secret.txt");
    await writeFile(secret, "secret");
    const folder = join(wire.folder, "blobs", experimentId, runId, "artifacts");
    await mkdir(folder, { recursive: true });
    await symlink(secret, join(folder, "link.txt"));
    expect((await request("GET", `${root}/link.txt`)).status).toBe(404);
    expect((await list(root)).body).not.toMatchObject({
      files: expect.arrayContaining([{ path: "link.txt" }]),
    });
  });

  it("gives one run no way into another run's files", async () => {
    const other = await wire.run();
    await put(`${other.experimentId}/${other.id}/artifacts/own.txt`, "own");
    for (const path of [
      `${experimentId}/${other.id}/artifacts/own.txt`,
      `${root}/${other.id}/artifacts/own.txt`,
      `x/${other.experimentId}/${other.id}/artifacts/own.txt`,
    ]) {
      expect((await request("GET", path)).status).toBe(404);
    }
  });
});

describe("an experiment with a location of its own", () => {
  it("proxies below it, and only below it", async () => {
    const { experiment_id } = await wire.ok<{ experiment_id: string }>("POST", "/experiments/create", {
      name: "own location",
      artifact_location: "mlflow-artifacts:/teams/risk/",
    });
    const { run } = await wire.ok<{ run: { info: { run_id: string; artifact_uri: string } } }>(
      "POST",
      "/runs/create",
      {
        experiment_id,
      },
    );
    const { run_id: id, artifact_uri } = run.info;
    expect(artifact_uri).toBe(`mlflow-artifacts:/teams/risk/${id}/artifacts`);
    expect((await put(`teams/risk/${id}/artifacts/x`, "x")).status).toBe(200);
    expect((await put(`${experiment_id}/${id}/artifacts/x`, "x")).status).toBe(404);
  });

  it("names somebody else's store and keeps out of it", async () => {
    const { experiment_id } = await wire.ok<{ experiment_id: string }>("POST", "/experiments/create", {
      name: "bucket",
      artifact_location: "s3://bucket/path",
    });
    const { run } = await wire.ok<{ run: { info: { run_id: string; artifact_uri: string } } }>(
      "POST",
      "/runs/create",
      {
        experiment_id,
      },
    );
    expect(run.info.artifact_uri).toBe(`s3://bucket/path/${run.info.run_id}/artifacts`);
    expect((await put(`${experiment_id}/${run.info.run_id}/artifacts/x`, "x")).status).toBe(404);
  });
});
