import { createServer } from "node:net";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { silentLog } from "./log.ts";
import { startServer } from "./start.ts";
import { sampleServing } from "./testing/sample-serving.ts";
import { testServer } from "./testing/test-server.ts";

const json = { "content-type": "application/json" };
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("starting", () => {
  it("says that a port is taken, and by what to go around it", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as { port: number };
    const starting = startServer(new Hono(), { port, log: silentLog });
    await expect(starting).rejects.toMatchObject({ code: "conflict", message: `Port ${port} is taken.` });
    blocker.close();
  });

  it("says that an address is not this machine's", async () => {
    const starting = startServer(new Hono(), { host: "192.0.2.1", port: 0, log: silentLog });
    await expect(starting).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("stopping", () => {
  it("says not ready first, finishes what is under way, then refuses connections", async () => {
    const server = await testServer({ serving: sampleServing({ delayMs: 300 }), noticeMs: 100 });
    const body = JSON.stringify({ rows: [{ distance: 5000 }] });
    const address = `${server.url}/api/v1/models/is_late/predict`;
    const underWay = fetch(address, { method: "POST", headers: json, body });
    await wait(50);
    const stopping = server.stop();
    const ready = await fetch(`${server.url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: "stopping" }]);
    const response = await underWay;
    expect((await response.json()).predictions[0].value).toBe(true);
    await stopping;
    await expect(fetch(`${server.url}/health`)).rejects.toThrow("fetch failed");
    await server.close();
  });

  it("cuts off what does not end within the grace", async () => {
    const server = await testServer({ serving: sampleServing({ delayMs: 5000 }), graceMs: 100 });
    const body = JSON.stringify({ rows: [{}] });
    const address = `${server.url}/api/v1/models/is_late/predict`;
    const underWay = fetch(address, { method: "POST", headers: json, body }).then(
      () => "answered",
      () => "cut off",
    );
    await wait(50);
    const began = performance.now();
    await server.stop();
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await underWay).toBe("cut off");
    await server.close();
  });

  it("is done once, however often it is asked", async () => {
    const server = await testServer();
    const first = server.stop();
    expect(server.stop()).toBe(first);
    await first;
    await server.close();
  });
});
