import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, testServer } from "../testing/test-server.ts";

let server: TestServer;
let runId: string;

beforeAll(async () => {
  server = await testServer();
  const { ledger } = server;
  const definition = (kind: string, name: string, version: number, hash: string) => ({
    kind,
    name,
    version,
    hash: hash.repeat(64),
    document: { name },
    dependsOn: [],
  });
  await ledger.definitions.apply([
    definition("entity", "airport", 1, "a"),
    definition("source", "flights", 1, "b"),
  ]);
  await ledger.definitions.apply([definition("source", "flights", 2, "c")]);
  const experiment = await ledger.experiments.create({ name: "is_late" });
  for (const [i, auc] of [0.7, 0.9, 0.8].entries()) {
    const run = await ledger.runs.start({
      experimentId: experiment.id,
      name: `run ${i}`,
      startedAt: 1e15 + i,
    });
    const metrics = [{ key: "auc", value: auc, at: 1e15, step: 0 }];
    if (i === 0) metrics.push({ key: "loss", value: Number.NaN, at: 1e15, step: 0 });
    await ledger.runs.log(run.id, { metrics, params: { depth: String(i) } });
    if (i < 2) await ledger.runs.update(run.id, { status: "finished" });
    if (i === 0) runId = run.id;
  }
  const version = { name: "is_late", hash: "d".repeat(64), metrics: { auc: 0.9 } };
  await ledger.models.register(version);
  await ledger.models.register({ ...version, hash: "e".repeat(64) });
});
afterAll(() => server.close());

async function get(path: string) {
  const response = await fetch(`${server.url}/api/v1${path}`);
  return { status: response.status, body: await response.json() };
}
const names = (body: { items: { name: string }[] }): string[] => body.items.map((item) => item.name);

describe("reading", () => {
  it("lists definitions, filtered and by pages", async () => {
    const all = await get("/definitions");
    expect(all.body.items.map((d: { name: string; version: number }) => `${d.name} ${d.version}`)).toEqual([
      "airport 1",
      "flights 1",
      "flights 2",
    ]);
    expect(all.body.items[0].appliedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(names((await get("/definitions?kind=entity")).body)).toEqual(["airport"]);
    expect(names((await get("/definitions?asOf=1999-01-01")).body)).toEqual([]);
    const first = await get("/definitions?limit=2");
    const second = await get(`/definitions?limit=2&cursor=${encodeURIComponent(first.body.next)}`);
    expect([...names(first.body), ...names(second.body)]).toEqual(["airport", "flights", "flights"]);
    expect(second.body.next).toBeUndefined();
  });

  it("gets a definition, its versions, and says what is not there", async () => {
    expect((await get("/definitions/source/flights")).body.version).toBe(2);
    expect((await get("/definitions/source/flights?version=1")).body.hash).toBe("b".repeat(64));
    expect((await get("/definitions/source/flights/versions")).body.items).toHaveLength(2);
    expect((await get("/definitions/source/ships")).body.error.message).toBe('There is no source "ships".');
    expect((await get("/definitions/source/ships/versions")).status).toBe(404);
  });

  it("lists runs by filter, start and metric", async () => {
    expect(names((await get("/runs?experiment=is_late")).body)).toEqual(["run 2", "run 1", "run 0"]);
    expect(names((await get("/runs?status=finished&order=asc")).body)).toEqual(["run 0", "run 1"]);
    expect(names((await get("/runs?metric=auc")).body)).toEqual(["run 1", "run 2", "run 0"]);
    expect((await get("/runs?experiment=nobody")).status).toBe(404);
    expect((await get("/runs?startedUntil=1990-01-01")).body.items).toEqual([]);
    const { body } = await get("/runs?limit=1");
    const rest = await get(`/runs?limit=5&cursor=${encodeURIComponent(body.next)}`);
    expect([...names(body), ...names(rest.body)]).toHaveLength(3);
  });

  it("gets a run, with numbers JSON cannot hold by their names", async () => {
    const { body } = await get(`/runs/${runId}`);
    expect(body).toMatchObject({ name: "run 0", status: "finished", params: { depth: "0" } });
    const values = body.metrics.map((m: { key: string; value: unknown }) => [m.key, m.value]);
    expect(Object.fromEntries(values)).toEqual({ auc: 0.7, loss: "NaN" });
    expect((await get(`/runs/${runId}/metrics/auc`)).body.items).toHaveLength(1);
    expect((await get(`/runs/${"0".repeat(32)}`)).status).toBe(404);
    expect((await get(`/runs/${"0".repeat(32)}/metrics/auc`)).status).toBe(404);
    expect(names((await get("/experiments")).body)).toEqual(["is_late"]);
  });

  it("gets models, their versions and what serves under their names", async () => {
    const { body } = await get("/models");
    expect(body.items[0]).toMatchObject({ name: "is_late", latest: 2, served: { version: 3 } });
    expect((await get("/models/is_late")).body.latest).toBe(2);
    expect(
      (await get("/models/is_late/versions")).body.items.map((v: { version: number }) => v.version),
    ).toEqual([2, 1]);
    expect((await get("/models/is_late/versions?stage=production")).body.items).toEqual([]);
    expect((await get("/models/is_late/versions/1")).body).toMatchObject({
      hash: "d".repeat(64),
      metrics: { auc: 0.9 },
    });
    expect((await get("/models/is_late/versions/9")).status).toBe(404);
    expect((await get("/models/nobody")).status).toBe(404);
    expect((await get("/models/nobody/versions")).status).toBe(404);
    expect(names((await get("/serving")).body)).toEqual(["is_late", "weather"]);
  });

  it("reads the timeline by kind, subject, moment and page", async () => {
    const { body } = await get("/timeline?order=desc&limit=1000");
    const ids = body.items.map((entry: { id: number }) => entry.id);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    const runs = await get("/timeline?kind=run.*");
    expect(new Set(runs.body.items.map((e: { kind: string }) => e.kind.split(".")[0]))).toEqual(
      new Set(["run"]),
    );
    const about = await get("/timeline?subject=flights");
    expect(about.body.items.length).toBe(2);
    expect((await get("/timeline?until=1999-01-01")).body.items).toEqual([]);
    expect((await get("/timeline/1")).body).toMatchObject({ id: 1, actor: { kind: "system" } });
    expect((await get("/timeline/999999")).status).toBe(404);
    expect((await get("/deployments?at=ever")).body.items).toEqual([]);
  });

  it.each([
    ["/runs?limitt=3", "unknown: limitt"],
    ["/runs?limit=0", "limit:"],
    ["/runs?limit=1001", "limit:"],
    ["/runs?limit=many", "limit:"],
    ["/runs?status=asleep", "status:"],
    ["/timeline?from=yesterday", "from: This is not a moment in time."],
    ["/timeline/first", "id:"],
    ["/definitions/source/flights?version=0", "version:"],
  ])("refuses %s by name", async (path, said) => {
    const { status, body } = await get(path);
    expect([status, body.error.code]).toEqual([400, "invalid_input"]);
    expect(body.error.found).toContain(said);
  });

  it("refuses a cursor of another question", async () => {
    const { status, body } = await get("/runs?cursor=rubbish");
    expect([status, body.error.code]).toEqual([400, "invalid_input"]);
  });
});
