import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SampleLive, sampleLive } from "../testing/sample-live.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { losslessJson, parseLossless } from "./lossless-json.ts";

let live: SampleLive;
let server: TestServer;
beforeAll(async () => {
  live = await sampleLive();
  server = await testServer({ live });
});
afterAll(async () => {
  await server.close();
  await live.close();
});

async function post(path: string, body: unknown) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const fact = {
  at: "2001-05-01T09:00:00Z",
  trip: 1,
  driver: "9007199254740993",
  fare: 10,
  city: "Wien",
  late: false,
};

describe("facts", () => {
  it("are seen by the next read", async () => {
    const pushed = await post("/sources/trips/facts", {
      facts: [fact, { ...fact, trip: 2, fare: 20, at: "2001-05-01T10:00:00Z" }],
    });
    expect([pushed.status, pushed.body]).toMatchObject([200, { added: 2, corrected: 0, unchanged: 0 }]);
    const read = await post("/views/trips_by_driver/vectors", {
      rows: [{ driver: "9007199254740993" }, { driver: 7 }],
    });
    expect(read.body).toMatchObject({
      names: [
        "trips_by_driver.trips_1d",
        "trips_by_driver.fare_mean_1d",
        "trips_by_driver.last_at",
        "trips_by_driver.last_cities",
      ],
      values: [
        [2, 15, "2001-05-01T10:00:00Z", ["Wien", "Wien"]],
        [0, null, null, null],
      ],
      statuses: [
        ["present", "present", "present", "present"],
        ["not_found", "not_found", "not_found", "not_found"],
      ],
    });
    expect(read.body.eventTimes[0][0]).toBe("2001-05-01T10:00:00Z");
    expect(read.body.eventTimes[1][0]).toBeNull();
  });

  it("keep every digit of a key", async () => {
    const raw = '{"rows":[{"driver":9007199254740993},{"driver":9007199254740992}]}';
    const { body } = await post("/views/trips_by_driver/vectors", raw);
    expect(body.values.map((row: unknown[]) => row[0])).toEqual([2, 0]);
  });

  it("change nothing when they come again, and replace by key", async () => {
    expect((await post("/sources/trips/facts", { facts: [fact] })).body).toMatchObject({
      added: 0,
      unchanged: 1,
    });
    const corrected = await post("/sources/trips/facts", { facts: [{ ...fact, fare: 30 }] });
    expect(corrected.body).toMatchObject({ corrected: 1 });
    const asOf = "2001-05-01T09:30:00Z";
    const { body } = await post("/views/trips_by_driver/vectors", { rows: [{ driver: fact.driver }], asOf });
    expect(body.values[0].slice(0, 2)).toEqual([1, 30]);
    expect(body.asOf).toEqual([asOf]);
  });

  it("come as a stream of lines, in batches, and again without harm", async () => {
    const trips = Array.from({ length: 2500 }, (_, i) => ({
      ...fact,
      trip: 10_000 + i,
      driver: "77",
      fare: i,
    }));
    const send = async (lines: readonly string[], id: string) => {
      const response = await fetch(`${server.url}/api/v1/sources/trips/facts?id=${id}`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: `${lines.join("\n")}\n`,
      });
      return { status: response.status, body: await response.json() };
    };
    const lines = trips.map((trip) => JSON.stringify(trip));
    expect(await send(lines, "s1")).toMatchObject({ status: 200, body: { added: 2500 } });
    await send(lines, "s1");
    const { body } = await post("/views/trips_by_driver/vectors", {
      rows: [{ driver: "77" }],
      asOf: "2001-05-01T12:00:00Z",
    });
    expect(body.values[0][0]).toBe(2500);
    const more = lines.map((line) => line.replace('"trip":1', '"trip":2'));
    const broken = await send(more.with(1700, '{"trip": "no number"}'), "s2");
    expect(broken).toMatchObject({ status: 400, body: { error: { details: { accepted: 1000 } } } });
    expect(await send(["not json"], "s3")).toMatchObject({ status: 400 });
    expect(await send([], "s4")).toMatchObject({ status: 200, body: { added: 0 } });
  });

  it("are removed by key", async () => {
    await post("/sources/trips/facts", { facts: [{ ...fact, trip: 50, driver: 50 }] });
    expect((await post("/sources/trips/facts/remove", { keys: [{ trip: 50 }] })).body).toMatchObject({
      removed: 1,
    });
    const { body } = await post("/views/trips_by_driver/vectors", { rows: [{ driver: 50 }] });
    expect(body.values[0][0]).toBe(0);
  });

  it.each([
    ["/sources/trips/facts", { facts: [{ ...fact, colour: "red" }] }, 400],
    ["/sources/trips/facts", { facts: [{ ...fact, fare: "much" }] }, 400],
    ["/sources/trips/facts", { facts: [3] }, 400],
    ["/sources/trips/facts", { facts: {} }, 400],
    ["/sources/trips/facts", { facts: [], ident: "x" }, 400],
    ["/sources/trips/facts", { facts: [], id: "" }, 400],
    ["/sources/trips/facts", "[", 400],
    ["/sources/ships/facts", { facts: [fact] }, 404],
    ["/views/ships/vectors", { rows: [{}] }, 404],
    ["/views/trips_by_driver/vectors", { rows: [{}] }, 400],
    ["/views/trips_by_driver/vectors", { rows: [] }, 400],
    ["/views/trips_by_driver/vectors", { rows: [{ driver: 1 }], asOf: 3 }, 400],
    ["/views/trips_by_driver/vectors", { rows: [{ driver: 1 }], asOf: "soon" }, 400],
  ])("are refused at %s: %j", async (path, body, status) => {
    const answer = await post(path, body);
    expect([answer.status, typeof answer.body.error.message]).toEqual([status, "string"]);
  });

  it("are described", async () => {
    const document = await (await fetch(`${server.url}/openapi.json`)).json();
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        "/api/v1/sources/{name}/facts",
        "/api/v1/views/{name}/vectors",
        "/get-online-features",
      ]),
    );
  });
});

describe("JSON with long whole numbers", () => {
  it("keeps them, wherever they are, and touches nothing else", () => {
    const text =
      '{"a":[9007199254740993,-9223372036854775808,12],"b":"id 9007199254740993 \\" 1","c":1234567890123456.5,"d":1e30}';
    expect(parseLossless(text)).toEqual({
      a: ["9007199254740993", "-9223372036854775808", 12],
      b: 'id 9007199254740993 " 1',
      c: 1234567890123456.5,
      d: 1e30,
    });
    expect(losslessJson({ a: [9007199254740993n, 1.5, null, 'ä"', true], b: undefined })).toBe(
      '{"a":[9007199254740993,1.5,null,"ä\\"",true]}',
    );
  });
});
