import { randomBytes } from "node:crypto";
import { request as rawRequest } from "node:http";
import { connect } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { errorCodes, PawlError } from "@pawl/core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorStatus } from "./http/error-status.ts";
import { sampleServing } from "./testing/sample-serving.ts";
import { type TestServer, testServer } from "./testing/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

const json = { "content-type": "application/json" };
const predictPath = "/api/v1/models/is_late/predict";

async function post(path: string, body: unknown, headers: Record<string, string> = json) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body: text });
  return { response, body: await response.json() };
}

describe("predict", () => {
  it("answers rows in their order", async () => {
    const rows = [
      { origin: "ORD", distance: 2000 },
      { origin: "SFO", distance: 100 },
    ];
    const { response, body } = await post(predictPath, { rows });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(body.predictions.map((p: { value: boolean }) => p.value)).toEqual([true, false]);
    expect(body.predictions[0]).toMatchObject({ model: "is_late", version: 3 });
  });

  it("explains and gives back features on request", async () => {
    const { body } = await post(predictPath, {
      rows: [{ distance: 500, delay_mean: 4 }],
      by: "values",
      explain: true,
      features: true,
    });
    expect(body.predictions[0].explanation.contributions[0]).toEqual({
      name: "distance",
      value: 500,
      contribution: 0.5,
    });
    expect(body.predictions[0].features).toEqual({ distance: 500, delay_mean: 4 });
  });

  it.each([
    ["no rows", {}, "rows is not a list."],
    ["empty rows", { rows: [] }, "rows is empty."],
    ["a row that is no object", { rows: [{}, 3] }, "Row 1 is not an object."],
    ["an unknown field", { rows: [{}], asof: "2001-01-01" }, 'The body has an unknown field "asof".'],
    ["another way of asking", { rows: [{}], by: "magic" }, "by is not known."],
    ["a moment that is a number", { rows: [{}], asOf: 5 }, "asOf is not a moment."],
    ["explain that is text", { rows: [{}], explain: "yes" }, "explain is not yes or no."],
    ["a list", [], "The body is not an object."],
    ["null", "null", "The body is not an object."],
    ["half a document", '{"rows": [', "The body is not JSON."],
    ["nothing", "", "The body is not JSON."],
    ["a column the model does not have", { rows: [{ colour: 1 }] }, "Row 0 has an unknown column."],
    ["a day that is none", { rows: [{}], asOf: "2001-02-30" }, "This is not a moment in time."],
  ])("refuses %s", async (_, given, message) => {
    const { response, body } = await post(predictPath, given);
    expect(response.status).toBe(400);
    expect(body.error).toMatchObject({ code: "invalid_input", message });
  });

  it("says which field is unknown and which are known", async () => {
    const { body } = await post(predictPath, { rows: [{}], exlpain: true });
    expect(body.error).toMatchObject({ found: "exlpain", expected: "rows, by, asOf, explain, features" });
  });

  it("refuses a model that is not served", async () => {
    const { response, body } = await post("/api/v1/models/nobody/predict", { rows: [{}] });
    expect(response.status).toBe(404);
    expect(body.error.code).toBe("not_found");
  });

  it.each(["text/plain", "application/x-www-form-urlencoded"])("refuses a body of %s", async (type) => {
    const { response, body } = await post(predictPath, { rows: [{}] }, { "content-type": type });
    expect(response.status).toBe(415);
    expect(body.error.next).toBe("Send the header Content-Type: application/json");
  });

  it("takes JSON under a name with a charset, and compressed", async () => {
    const { response } = await post(
      predictPath,
      { rows: [{}] },
      { "content-type": "application/json; charset=utf-8" },
    );
    expect(response.status).toBe(200);
    const squeezed = await fetch(`${server.url}${predictPath}`, {
      method: "POST",
      headers: { ...json, "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify({ rows: [{ distance: 9000 }] })),
    });
    expect((await squeezed.json()).predictions[0].value).toBe(true);
  });

  it("refuses what is not compressed as it says, and what unfolds too far", async () => {
    const send = async (body: Uint8Array<ArrayBuffer>, encoding: string): Promise<number> => {
      const headers = { ...json, "content-encoding": encoding };
      return (await fetch(`${server.url}${predictPath}`, { method: "POST", headers, body })).status;
    };
    expect(await send(new Uint8Array([1, 2, 3]), "gzip")).toBe(400);
    expect(await send(new Uint8Array([1, 2, 3]), "snappy")).toBe(415);
    expect(await send(new Uint8Array(gzipSync(Buffer.alloc(40 * 1024 * 1024))), "gzip")).toBe(413);
  });

  it("refuses a long body, announced or not, without reading all of it", async () => {
    const small = await testServer({ limits: { bodyBytes: 1000 } });
    try {
      const long = JSON.stringify({ rows: Array.from({ length: 200 }, () => ({ distance: 1 })) });
      const announced = await fetch(`${small.url}${predictPath}`, {
        method: "POST",
        headers: json,
        body: long,
      });
      expect(announced.status).toBe(413);
      const chunks = new ReadableStream({
        start(controller) {
          for (let i = 0; i < 10; i++) controller.enqueue(new TextEncoder().encode(long));
          controller.close();
        },
      });
      const init = { method: "POST", headers: json, body: chunks, duplex: "half" };
      const streamed = await fetch(`${small.url}${predictPath}`, init);
      expect(streamed.status).toBe(413);
      expect((await streamed.json()).error.code).toBe("exhausted");
    } finally {
      await small.close();
    }
  });

  it("refuses more rows than it is meant to take", async () => {
    const small = await testServer({ limits: { rows: 2 } });
    try {
      const body = JSON.stringify({ rows: [{}, {}, {}] });
      const response = await fetch(`${small.url}${predictPath}`, { method: "POST", headers: json, body });
      expect((await response.json()).error).toMatchObject({ found: "3", expected: "at most 2" });
    } finally {
      await small.close();
    }
  });

  it("gives up an answer that takes too long", async () => {
    const slow = await testServer({ serving: sampleServing({ delayMs: 80 }), limits: { requestMs: 20 } });
    try {
      const body = JSON.stringify({ rows: Array.from({ length: 200 }, () => ({})) });
      const response = await fetch(`${slow.url}${predictPath}`, { method: "POST", headers: json, body });
      expect(response.status).toBe(503);
      expect((await response.json()).error.message).toBe("The answer took too long and was given up.");
    } finally {
      await slow.close();
    }
  });
});

describe("errors", () => {
  it("have one status each", () => {
    for (const code of errorCodes) expect(errorStatus[code]).toBeGreaterThanOrEqual(400);
  });

  it("keep what was not meant for clients to the log", async () => {
    const secret = randomBytes(8).toString("hex");
    const lines: object[] = [];
    const keep = (fields: object): void => void lines.push(fields);
    const broken = await testServer({
      serving: sampleServing({ fault: new TypeError(`cannot read ${secret}`) }),
      log: { debug: keep, info: keep, warn: keep, error: keep },
    });
    try {
      const response = await fetch(`${broken.url}${predictPath}`, {
        method: "POST",
        headers: { ...json, "x-request-id": "abc-1" },
        body: JSON.stringify({ rows: [{}] }),
      });
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(text).not.toContain(secret);
      expect(JSON.parse(text).error).toMatchObject({ code: "internal", details: { requestId: "abc-1" } });
      const logged = lines.find((line) => "stack" in line) as { stack: string; requestId: string };
      expect(logged.stack).toContain(secret);
      expect(logged.requestId).toBe("abc-1");
    } finally {
      await broken.close();
    }
  });

  it("say when to come again", async () => {
    const fault = new PawlError("exhausted", "Full.", { details: { retryAfterMs: 1200 } });
    const busy = await testServer({ serving: sampleServing({ fault }) });
    try {
      const body = JSON.stringify({ rows: [{}] });
      const response = await fetch(`${busy.url}${predictPath}`, { method: "POST", headers: json, body });
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("2");
    } finally {
      await busy.close();
    }
  });

  it("answer what is not HTTP in the same form", async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, "127.0.0.1", () => socket.write("HELLO\r\n\r\n"));
      let all = "";
      socket.on("data", (chunk) => {
        all += chunk.toString();
      });
      socket.on("end", () => resolve(all));
      socket.on("error", reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)).error.code).toBe("invalid_input");
  });
});

describe("addresses", () => {
  it("refuses unknown ones with the error document", async () => {
    const response = await fetch(`${server.url}/nothing/here`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        code: "not_found",
        message: "There is nothing at this address.",
        found: "/nothing/here",
        next: "See /openapi.json for every route.",
      },
    });
  });

  it("refuses other methods and names those it takes", async () => {
    const response = await fetch(`${server.url}${predictPath}`);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
    expect((await response.json()).error.code).toBe("unsupported");
    const other = await fetch(`${server.url}/health`, { method: "DELETE" });
    expect([other.status, other.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });

  it("answers OPTIONS with methods, but no other site's page", async () => {
    const response = await fetch(`${server.url}/api/v1/models`, { method: "OPTIONS" });
    expect([response.status, response.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("answers HEAD as GET without a body", async () => {
    const response = await fetch(`${server.url}/health`, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("gives each request an id, or keeps a harmless one", async () => {
    const first = await fetch(`${server.url}/health`);
    const second = await fetch(`${server.url}/health`);
    expect(first.headers.get("x-request-id")).not.toBe(second.headers.get("x-request-id"));
    const kept = await fetch(`${server.url}/health`, { headers: { "x-request-id": "mine-7" } });
    expect(kept.headers.get("x-request-id")).toBe("mine-7");
    const odd = await fetch(`${server.url}/health`, { headers: { "x-request-id": "a b<c>" } });
    expect(odd.headers.get("x-request-id")).not.toContain("<");
  });
});

describe("operation", () => {
  it("is alive, and ready when models are", async () => {
    const serving = sampleServing();
    const own = await testServer({ serving });
    try {
      expect((await fetch(`${own.url}/ready`)).status).toBe(200);
      serving.setReady(false);
      const response = await fetch(`${own.url}/ready`);
      expect([response.status, await response.json()]).toEqual([503, { status: "starting" }]);
      expect((await fetch(`${own.url}/v2/health/ready`)).status).toBe(503);
      expect((await fetch(`${own.url}/health`)).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  it("measures requests and predictions under the names dashboards know", async () => {
    const own = await testServer();
    try {
      const body = JSON.stringify({ rows: [{}, {}] });
      await fetch(`${own.url}${predictPath}`, { method: "POST", headers: json, body });
      await fetch(`${own.url}${predictPath}`, { method: "POST", headers: json, body: '{"rows":[{"x":1}]}' });
      await fetch(`${own.url}/api/v1/models/stranger/predict`, { method: "POST", headers: json, body });
      const response = await fetch(`${own.url}/metrics`);
      expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      const text = await response.text();
      expect(text).toContain('nv_inference_request_success{model="is_late",version="3"} 1\n');
      expect(text).toContain('nv_inference_request_failure{model="is_late",version="3"} 1\n');
      expect(text).toContain('nv_inference_count{model="is_late",version="3"} 2\n');
      expect(text).toContain(
        'pawl_predict_duration_seconds_bucket{model="is_late",version="3",le="0.00005"}',
      );
      expect(text).toContain('pawl_predict_duration_seconds_count{model="is_late",version="3"} 1\n');
      expect(text).toContain(
        'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/api/v1/models/:name/predict",http_response_status_code="200"} 1\n',
      );
      expect(text).not.toContain("stranger");
      expect(text).toContain("pawl_ready 1\n");
    } finally {
      await own.close();
    }
  });

  it("writes one line a request, without query or headers", async () => {
    const lines: string[] = [];
    const keep = (fields: object, message: string): void =>
      void lines.push(JSON.stringify({ ...fields, message }));
    const token = { name: "reader", scope: "read", secret: "s3cret-s3cret-s3cret" } as const;
    const own = await testServer({
      tokens: [token],
      log: { debug: keep, info: keep, warn: keep, error: keep },
    });
    try {
      await fetch(`${own.url}/api/v1/serving?token=${token.secret}`, {
        headers: { authorization: `Bearer ${token.secret}` },
      });
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({
        path: "/api/v1/serving",
        method: "GET",
        who: "reader",
      });
      expect(lines.join()).not.toContain(token.secret);
    } finally {
      await own.close();
    }
  });
});

describe("documents", () => {
  it("describes itself as valid OpenAPI 3.1", async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    const document = await response.json();
    const result = await new Validator().validate(document);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        "/api/v1/models/{name}/predict",
        "/api/v1/datasets/{name}/versions/{version}/data.parquet",
        "/api/v1/definitions",
        "/api/v1/runs",
        "/api/v1/timeline",
        "/v2/models/{name}/infer",
        "/invocations",
        "/health",
      ]),
    );
  });

  it("describes every route there is", async () => {
    const document = await (await fetch(`${server.url}/openapi.json`)).json();
    const undescribed = new Set(["/openapi.json", "/", "/ping"]);
    const { createApp } = await import("./app.ts");
    const app = createApp({
      ...(await portsForListing()),
    });
    const routes = app.routes
      .filter((route) => route.method !== "ALL" && !undescribed.has(route.path))
      .map((route) => `${route.method.toLowerCase()} ${route.path.replaceAll(/:(\w+)/g, "{$1}")}`);
    const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(new Set(described)).toEqual(new Set(routes));
  });

  it("has a page for people that loads nothing from elsewhere", async () => {
    const response = await fetch(server.url);
    const page = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(page).toContain("is_late");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain("prefers-color-scheme:dark");
    expect(page).toContain('name="viewport"');
  });

  it("compresses long text for those who can read it", async () => {
    const bytes = await new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
      const asking = rawRequest(
        `${server.url}/openapi.json`,
        { headers: { "accept-encoding": "gzip" } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({ encoding: response.headers["content-encoding"], body: Buffer.concat(chunks) }),
          );
        },
      );
      asking.on("error", reject);
      asking.end();
    });
    expect(bytes.encoding).toBe("gzip");
    expect(JSON.parse(gunzipSync(bytes.body).toString()).openapi).toBe("3.1.0");
    const plain = await fetch(`${server.url}/openapi.json`, { headers: { "accept-encoding": "gzip;q=0" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
  });
});

async function portsForListing() {
  const { createGate } = await import("./http/gate.ts");
  const { defaultLimits } = await import("./http/limits.ts");
  const { ServerMetrics } = await import("./metrics/server-metrics.ts");
  const { localDatasetFiles } = await import("./native/dataset-files.ts");
  const { silentLog } = await import("./log.ts");
  const metrics = new ServerMetrics({ ready: () => true, startedAt: 0 });
  metrics.close();
  return {
    serving: sampleServing(),
    ledger: server.ledger,
    datasetFiles: localDatasetFiles(server.folder),
    gate: createGate({ tokens: [], host: "127.0.0.1" }),
    log: silentLog,
    metrics,
    limits: defaultLimits,
    version: "0",
    accepting: () => true,
  };
}
