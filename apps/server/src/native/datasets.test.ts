import { createHash, randomBytes } from "node:crypto";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FrozenDataset } from "@pawl/ledger";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, testServer } from "../testing/test-server.ts";

const bytes = randomBytes(10_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");
let server: TestServer;
let address: string;

function frozen(name: string, files: FrozenDataset["files"]): FrozenDataset {
  const hash = createHash("sha256").update(name).digest("hex");
  const schema = [{ name: "x", type: "float", role: "feature" }];
  return { name, hash, schema, rows: 3, files, spine: { source: "flights" } };
}

beforeAll(async () => {
  server = await testServer();
  await writeFile(join(server.folder, "one.parquet"), bytes);
  await writeFile(join(server.folder, "short.parquet"), bytes.subarray(0, 10));
  await symlink("/etc/hostname", join(server.folder, "link.parquet"));
  const { datasets } = server.ledger;
  const file = { sha256, bytes: bytes.length };
  await datasets.freeze(frozen("late flights", [{ ...file, uri: "one.parquet" }]));
  await datasets.freeze(
    frozen("two", [
      { ...file, uri: "one.parquet" },
      { ...file, uri: "one.parquet" },
    ]),
  );
  await datasets.freeze(frozen("shortened", [{ ...file, uri: "short.parquet" }]));
  await datasets.freeze(frozen("gone", [{ ...file, uri: "nowhere.parquet" }]));
  await datasets.freeze(frozen("outside", [{ ...file, uri: "../../../../etc/hostname" }]));
  await datasets.freeze(frozen("linked", [{ ...file, uri: "link.parquet" }]));
  await datasets.freeze(frozen("elsewhere", [{ ...file, uri: "s3://bucket/key.parquet" }]));
  address = `${server.url}/api/v1/datasets/${encodeURIComponent("late flights")}/versions/1/data.parquet`;
});
afterAll(() => server.close());

async function read(headers: Record<string, string>, method = "GET") {
  const response = await fetch(address, { headers, method });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

describe("a dataset's bytes", () => {
  it("come whole, named by their hash, to be kept for good", async () => {
    const { response, body } = await read({});
    expect(body.equals(bytes)).toBe(true);
    expect(response.headers.get("etag")).toBe(`"${sha256}"`);
    expect(response.headers.get("content-length")).toBe("10000");
    expect(response.headers.get("accept-ranges")).toBe("bytes");
    expect(response.headers.get("cache-control")).toContain("immutable");
  });

  it.each([
    ["bytes=0-99", 0, 100],
    ["bytes=9990-", 9990, 10_000],
    ["bytes=-8", 9992, 10_000],
    ["bytes=-99999", 0, 10_000],
    ["bytes=5-5", 5, 6],
    ["bytes=9000-20000", 9000, 10_000],
  ])("come in the stretch %s", async (range, start, end) => {
    const { response, body } = await read({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/10000`);
    expect(body.equals(bytes.subarray(start, end))).toBe(true);
  });

  it.each(["bytes=10000-", "bytes=-0", "bytes=99999-100000"])(
    "are refused beyond the end: %s",
    async (range) => {
      const { response } = await read({ range });
      expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10000"]);
    },
  );

  it.each(["bytes=9-3", "lines=1-2", "bytes=0-1,4-5", "bytes=x-y"])("come whole for %s", async (range) => {
    const { response, body } = await read({ range });
    expect([response.status, body.length]).toEqual([200, 10_000]);
  });

  it("come with their length and nothing else on HEAD", async () => {
    const { response, body } = await read({}, "HEAD");
    expect([response.status, response.headers.get("content-length"), body.length]).toEqual([200, "10000", 0]);
  });

  it("do not come to those who have them", async () => {
    const { response } = await read({ "if-none-match": `W/"x", "${sha256}"` });
    expect(response.status).toBe(304);
    const other = await read({ "if-range": '"another"', range: "bytes=0-1" });
    expect(other.response.status).toBe(200);
  });

  it.each([
    ["shortened", 422, "bad_data"],
    ["gone", 404, "not_found"],
    ["outside", 403, "forbidden"],
    ["linked", 403, "forbidden"],
    ["elsewhere", 501, "unsupported"],
    ["two", 409, "conflict"],
    ["nobody", 404, "not_found"],
  ])("are refused from a dataset that is %s", async (name, status, code) => {
    const response = await fetch(`${server.url}/api/v1/datasets/${name}/versions/1/data.parquet`);
    expect([response.status, (await response.json()).error.code]).toEqual([status, code]);
  });

  it("come one by one where there are several", async () => {
    const document = await (await fetch(`${server.url}/api/v1/datasets/two/versions/1`)).json();
    expect(document.files.map((file: { url: string }) => file.url)).toEqual([
      "/api/v1/datasets/two/versions/1/files/0.parquet",
      "/api/v1/datasets/two/versions/1/files/1.parquet",
    ]);
    const second = await fetch(`${server.url}${document.files[1].url}`);
    expect(Buffer.from(await second.arrayBuffer()).equals(bytes)).toBe(true);
    const third = await fetch(`${server.url}/api/v1/datasets/two/versions/1/files/2.parquet`);
    expect(third.status).toBe(404);
  });
});

describe("a dataset's document", () => {
  it("says where to read it and shows no path of this machine", async () => {
    const response = await fetch(`${server.url}/api/v1/datasets?search=late`);
    const { items } = await response.json();
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      name: "late flights",
      version: 1,
      rows: 3,
      spine: { source: "flights" },
    });
    expect(`${server.url}${items[0].files[0].url}`).toBe(address);
    expect(JSON.stringify(items)).not.toContain("one.parquet");
  });
});
