import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { createGate, scopeNeeded, type Token } from "./gate.ts";
import { isLoopback } from "./loopback.ts";
import { readTokens } from "./read-tokens.ts";

const tokens: Token[] = [
  { name: "reader", scope: "read", secret: "reading-reading-reading" },
  { name: "writer", scope: "write", secret: "writing-writing-writing" },
  { name: "chief", scope: "admin", secret: "chief-chief-chief-chief" },
];

const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

/** As fetch, but with headers that fetch does not let a program set. */
function send(url: string, method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asking.on("error", reject);
    asking.end();
  });
}

describe("a server with tokens", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer({ tokens });
  });
  afterAll(() => server.close());

  it("asks for one, in every wire's own form", async () => {
    const native = await fetch(`${server.url}/api/v1/serving`);
    expect(native.status).toBe(401);
    expect(native.headers.get("www-authenticate")).toContain("Basic");
    expect((await native.json()).error.code).toBe("unauthenticated");
    const inference = await fetch(`${server.url}/v2`);
    expect([inference.status, typeof (await inference.json()).error]).toEqual([401, "string"]);
    const feast = await fetch(`${server.url}/push`, { method: "POST" });
    expect([feast.status, typeof (await feast.json())]).toEqual([401, "string"]);
    const scoring = await fetch(`${server.url}/invocations`, { method: "POST" });
    expect((await scoring.json()).error_code).toBe("UNAUTHENTICATED");
  });

  it("takes Bearer, and Basic with the token as password", async () => {
    const address = `${server.url}/api/v1/serving`;
    expect((await fetch(address, { headers: bearer("reading-reading-reading") })).status).toBe(200);
    const pair = Buffer.from("anybody:reading-reading-reading").toString("base64");
    expect((await fetch(address, { headers: { authorization: `Basic ${pair}` } })).status).toBe(200);
    for (const authorization of [
      "Bearer reading-reading-readin",
      "Bearer ",
      "Basic !!",
      "reading-reading-reading",
    ]) {
      expect((await fetch(address, { headers: { authorization } })).status).toBe(401);
    }
  });

  it("leaves probes open, and nothing else", async () => {
    const status = async (path: string): Promise<string> =>
      `${path} ${(await fetch(`${server.url}${path}`)).status}`;
    for (const path of ["/health", "/ready", "/ping", "/v2/health/live", "/v2/health/ready"]) {
      expect(await status(path)).toBe(`${path} 200`);
    }
    for (const path of ["/", "/metrics", "/openapi.json", "/api/v1/runs", "/nothing"]) {
      expect(await status(path)).toBe(`${path} 401`);
    }
  });

  it("lets readers predict, but not write", async () => {
    const headers = { ...bearer("reading-reading-reading"), "content-type": "application/json" };
    const address = `${server.url}/api/v1/models/is_late/predict`;
    const answer = await fetch(address, { method: "POST", headers, body: '{"rows":[{}]}' });
    expect(answer.status).toBe(200);
    const writing = `${server.url}/api/v1/sources/trips/facts`;
    const refused = await fetch(writing, { method: "POST", headers, body: "{}" });
    expect([refused.status, (await refused.json()).error.code]).toEqual([403, "forbidden"]);
  });
});

describe("a server on loopback without tokens", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.close());

  it("answers its own names only", async () => {
    const address = `${server.url}/api/v1/serving`;
    for (const host of ["localhost", `localhost:${server.port}`, "127.0.0.1", "[::1]:80"]) {
      expect([host, await send(address, "GET", { host })]).toEqual([host, 200]);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", `evil.example:${server.port}`]) {
      expect([host, await send(address, "GET", { host })]).toEqual([host, 403]);
    }
  });

  it("refuses writes from another site's page", async () => {
    const address = `${server.url}/api/v1/models/is_late/predict`;
    const own = { host: `localhost:${server.port}`, origin: `http://localhost:${server.port}` };
    expect(await send(address, "POST", own)).toBe(415);
    expect(await send(address, "POST", { ...own, origin: "https://evil.example" })).toBe(403);
    expect(await send(address, "POST", { ...own, origin: "null" })).toBe(403);
    expect(await send(address, "POST", { host: "localhost", "sec-fetch-site": "cross-site" })).toBe(403);
  });
});

describe("the gate", () => {
  it("does not open beyond loopback without a token, or with one that is easily guessed", () => {
    for (const host of ["0.0.0.0", "::", "192.168.1.4", "example.org"]) {
      expect(() => createGate({ tokens: [], host })).toThrow(/does not open/);
    }
    expect(() =>
      createGate({ tokens: [{ name: "t", scope: "read", secret: "short" }], host: "0.0.0.0" }),
    ).toThrow(/too short/);
    const long = { name: "t", scope: "read", secret: "x".repeat(257) } as const;
    expect(() => createGate({ tokens: [long], host: "0.0.0.0" })).toThrow(/too long/);
  });

  it("tells secrets apart that differ in anything", () => {
    const secret = "0123456789abcdef";
    const gate = createGate({ tokens: [{ name: "t", scope: "read", secret }], host: "0.0.0.0" });
    const admits = (given: string): boolean => {
      const authorization = `Basic ${Buffer.from(`:${given}`).toString("base64")}`;
      try {
        const header = (name: string) => (name === "authorization" ? authorization : undefined);
        return gate.admit({ method: "GET", path: "/", header }) === "t";
      } catch {
        return false;
      }
    };
    expect(admits(secret)).toBe(true);
    const others = [
      `${secret}\0`,
      `${secret}0`,
      secret.slice(1),
      secret.toUpperCase(),
      "",
      secret + "x".repeat(256),
    ];
    expect(others.filter(admits)).toEqual([]);
  });

  it("does not mind the Host header beyond loopback, where tokens guard", () => {
    const gate = createGate({ tokens, host: "0.0.0.0" });
    const headers: Record<string, string> = { host: "models.example", ...bearer("chief-chief-chief-chief") };
    expect(gate.admit({ method: "POST", path: "/push", header: (name) => headers[name] })).toBe("chief");
  });

  it.each([
    ["GET", "/anything", "read"],
    ["POST", "/api/v1/models/x/predict", "read"],
    ["POST", "/v2/models/x/versions/1/infer", "read"],
    ["POST", "/api/2.0/mlflow/runs/search", "read"],
    ["POST", "/api/2.0/mlflow/runs/log-metric", "write"],
    ["POST", "/api/2.0/mlflow/registered-models/alias", "admin"],
    ["POST", "/push", "write"],
    ["PATCH", "/unknown", "write"],
  ])("%s %s needs %s", (method, path, scope) => {
    expect(scopeNeeded(method, path)).toBe(scope);
  });

  it("knows loopback", () => {
    const inside = ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]", "::ffff:127.0.0.1"];
    const outside = ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "localhost.example", "128.0.0.1"];
    expect([...inside, ...outside].filter(isLoopback)).toEqual(inside);
  });
});

describe("tokens", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pawl-tokens-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function file(text: string, mode = 0o600): Promise<string> {
    const path = join(folder, `tokens-${Math.random().toString(36).slice(2)}`);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  }

  it("come from the environment and a file", async () => {
    const path = await file("# ours\nread aaaaaaaaaaaaaaaaaa dashboard\n\nwrite bbbbbbbbbbbbbbbbbb\n");
    const found = await readTokens({ env: { PAWL_TOKEN: " cccccccccccccccccc\n" }, file: path });
    expect(found).toEqual([
      { name: "PAWL_TOKEN", scope: "admin", secret: "cccccccccccccccccc" },
      { name: "dashboard", scope: "read", secret: "aaaaaaaaaaaaaaaaaa" },
      { name: "line 4", scope: "write", secret: "bbbbbbbbbbbbbbbbbb" },
    ]);
  });

  it("are refused from a file that is missing, open to others, empty or unreadable as tokens", async () => {
    await expect(readTokens({ file: join(folder, "nowhere") })).rejects.toThrow(/cannot be read/);
    await expect(readTokens({ file: await file("read aaaaaaaaaaaaaaaaaa", 0o644) })).rejects.toThrow(
      /Others/,
    );
    await expect(readTokens({ file: await file("# nothing") })).rejects.toThrow(/no tokens/);
    const wrong = readTokens({ file: await file("reed sup3rs3cret-sup3rs3cret") });
    await expect(wrong).rejects.toThrow(/Line 1/);
    await expect(wrong).rejects.not.toThrow(/sup3r/);
  });
});
