import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SampleLive, sampleLive } from "../testing/sample-live.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

let live: SampleLive;
let server: TestServer;
beforeAll(async () => {
  live = await sampleLive();
  server = await testServer({ live });
  await push({
    at: ["2001-05-01T09:00:00Z", "2001-05-01T10:00:00.5Z"],
    trip: [1, "2"],
    driver: [7, 7],
    fare: [10, 20.5],
    city: ["Wien", "Graz"],
  });
});
afterAll(async () => {
  await server.close();
  await live.close();
});

async function post(path: string, body: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const push = (df: object, more: object = {}) =>
  post("/push", { push_source_name: "trips", df, to: "online", allow_registry_cache: true, ...more });

async function features(
  body: object,
): Promise<Record<string, { values: unknown[]; statuses: string[]; event_timestamps: string[] }>> {
  const { status, text } = await post("/get-online-features", body);
  expect([status, status === 200 ? "" : text]).toEqual([200, ""]);
  const { results, metadata } = JSON.parse(text);
  expect(results).toHaveLength(metadata.feature_names.length);
  return Object.fromEntries(metadata.feature_names.map((name: string, i: number) => [name, results[i]]));
}

describe("get-online-features", () => {
  it("gives columns, keys first", async () => {
    const asked = [
      "trips_by_driver:trips_1d",
      "trips_by_driver:fare_mean_1d",
      "trips_by_driver:last_at",
      "trips_by_driver:last_cities",
    ];
    const found = await features({
      features: asked,
      entities: { driver: [7, 8, "7"], note: ["a", "b", "c"] },
    });
    expect(Object.keys(found)).toEqual(["driver", "trips_1d", "fare_mean_1d", "last_at", "last_cities"]);
    expect(found["driver"]).toEqual({
      values: [7, 8, 7],
      statuses: ["PRESENT", "PRESENT", "PRESENT"],
      event_timestamps: ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
    });
    expect(found["trips_1d"]).toEqual({
      values: [2, 0, 2],
      statuses: ["PRESENT", "NOT_FOUND", "PRESENT"],
      event_timestamps: ["2001-05-01T10:00:00.500Z", "1970-01-01T00:00:00Z", "2001-05-01T10:00:00.500Z"],
    });
    expect(found["fare_mean_1d"]?.values).toEqual([15.25, null, 15.25]);
    expect(found["last_at"]?.values[0]).toBe(Date.UTC(2001, 4, 1, 10) / 1000);
    expect(found["last_cities"]?.values[0]).toEqual(["Graz", "Wien"]);
  });

  it("tells apart what is null from what is not known", async () => {
    await push({ at: ["2001-05-01T11:00:00Z"], trip: [30], driver: [30], fare: [null], city: ["Linz"] });
    const found = await features({
      features: ["trips_by_driver:fare_mean_1d"],
      entities: { driver: [30, 31] },
    });
    expect(found["fare_mean_1d"]?.statuses).toEqual(["NULL_VALUE", "NOT_FOUND"]);
  });

  it("keeps all digits of a key, there and back", async () => {
    await push({
      at: ["2001-05-01T11:00:00Z"],
      trip: [40],
      driver: ["9007199254740993"],
      fare: [1],
      city: ["Linz"],
    });
    const request = '{"features":["trips_by_driver:trips_1d"],"entities":{"driver":[9007199254740993]}}';
    const { text } = await post("/get-online-features", request);
    expect(text).toContain('"values":[9007199254740993]');
    expect(JSON.parse(text).results[1].values).toEqual([1]);
  });

  it("gives features of several views under full names, and refuses short ones that collide", async () => {
    const asked = ["trips_by_driver:trips_1d", "trips_by_city:trips_1d"];
    const entities = { driver: [7], city: ["Wien"] };
    const found = await features({ features: asked, entities, full_feature_names: true });
    expect(found["trips_by_driver__trips_1d"]?.values).toEqual([2]);
    expect(found["trips_by_city__trips_1d"]?.values).toEqual([1]);
    const short = await post("/get-online-features", { features: asked, entities });
    expect([short.status, JSON.parse(short.text)]).toEqual([
      400,
      expect.stringContaining("full_feature_names"),
    ]);
  });

  it("gives a view as a feature service, without its request data", async () => {
    const found = await features({
      feature_service: "trip_board",
      entities: { driver: [7], city: ["Graz"], fare: [3.5] },
      full_feature_names: true,
    });
    expect(Object.keys(found)).toEqual([
      "driver",
      "trips_by_driver__trips_1d",
      "trips_by_driver__fare_mean_1d",
      "trips_by_driver__last_at",
      "trips_by_driver__last_cities",
      "trips_by_city__trips_1d",
      "trips_by_city__fare_mean_1d",
      "fare",
    ]);
    expect(found["trips_by_city__trips_1d"]?.values).toEqual([1]);
    expect(found["fare"]?.values).toEqual([3.5]);
  });

  it("takes a version of a view, when there is one", async () => {
    expect(
      (await features({ features: ["trips_by_driver@v1:trips_1d"], entities: { driver: [7] } }))["trips_1d"]
        ?.values,
    ).toEqual([2]);
    const { status } = await post("/get-online-features", {
      features: ["trips_by_driver@v2:trips_1d"],
      entities: { driver: [7] },
    });
    expect(status).toBe(404);
  });

  it.each([
    [
      "an unknown view",
      { features: ["ships:speed"], entities: { driver: [1] } },
      404,
      "FeatureViewNotFoundException",
    ],
    [
      "an unknown service",
      { feature_service: "ships", entities: { driver: [1] } },
      404,
      "FeatureServiceNotFoundException",
    ],
    [
      "an unknown feature",
      { features: ["trips_by_driver:speed"], entities: { driver: [1] } },
      400,
      "has no feature",
    ],
    ["a malformed reference", { features: ["trips"], entities: { driver: [1] } }, 400, "view:feature"],
    ["no features", { entities: { driver: [1] } }, 400, "No features"],
    ["both", { features: ["a:b"], feature_service: "c", entities: { driver: [1] } }, 400, "Either"],
    ["no key", { features: ["trips_by_driver:trips_1d"], entities: { city: ["Wien"] } }, 400, "is missing"],
    ["no entities", { features: ["trips_by_driver:trips_1d"], entities: { driver: [] } }, 400, "No entities"],
    [
      "columns of other lengths",
      { features: ["trips_by_driver:trips_1d"], entities: { driver: [1], x: [1, 2] } },
      400,
      "different lengths",
    ],
    [
      "a key of another type",
      { features: ["trips_by_driver:trips_1d"], entities: { driver: ["me"] } },
      400,
      "no row",
    ],
  ])("refuses %s in Feast's form", async (_, body, status, said) => {
    const answer = await post("/get-online-features", body);
    expect(answer.status).toBe(status);
    const message: unknown = JSON.parse(answer.text);
    expect(typeof message).toBe("string");
    expect(message).toContain(said);
  });

  it("says where a request has the wrong shape", async () => {
    const { status, text } = await post("/get-online-features", { features: "all", entities: { driver: 7 } });
    expect(status).toBe(422);
    expect(JSON.parse(text).detail.map((each: { loc: unknown[] }) => each.loc)).toEqual([
      ["body", "features"],
      ["body", "entities", "driver"],
    ]);
  });
});

describe("writing", () => {
  it("takes facts by /push and /write-to-online-store", async () => {
    const row = { at: ["2001-05-01T11:30:00Z"], driver: [99], fare: [1], city: ["Bregenz"] };
    expect(await push({ ...row, trip: [90] }, { to: "online_and_offline" })).toEqual({
      status: 200,
      text: "",
    });
    const written = await post("/write-to-online-store", {
      feature_view_name: "trips",
      df: { ...row, trip: [91] },
    });
    expect(written).toEqual({ status: 200, text: "null" });
    const found = await features({ features: ["trips_by_driver:trips_1d"], entities: { driver: [99] } });
    expect(found["trips_1d"]?.values).toEqual([2]);
  });

  it("refuses what it cannot take", async () => {
    const unknown = await post("/push", { push_source_name: "ships", df: {} });
    expect([unknown.status, JSON.parse(JSON.parse(unknown.text)).class]).toEqual([
      422,
      "PushSourceNotFoundException",
    ]);
    expect((await push({ trip: [1] }, { to: "offline" })).status).toBe(400);
    expect((await push({ trip: [1], colour: ["red"] })).status).toBe(400);
    const group = await post("/write-to-online-store", { feature_view_name: "trips_by_driver", df: {} });
    expect([group.status, group.text]).toEqual([404, expect.stringContaining("push the facts of")]);
  });

  it("reads files into the present by /materialize", async () => {
    live.caughtUp.length = 0;
    const both = { start_ts: "2001-01-01T00:00:00", end_ts: "2001-05-01T00:00:00Z" };
    expect(await post("/materialize", both)).toEqual({ status: 200, text: "null" });
    expect(
      await post("/materialize-incremental", { end_ts: both.end_ts, feature_views: ["trips_by_city"] }),
    ).toEqual({
      status: 200,
      text: "null",
    });
    expect(live.caughtUp).toEqual(["trips", "trips"]);
    expect((await post("/materialize", { ...both, feature_views: ["ships"] })).status).toBe(404);
    expect((await post("/materialize", { ...both, end_ts: "later" })).status).toBe(400);
  });
});

it("is not there without a present", async () => {
  const bare = await testServer();
  try {
    const response = await fetch(`${bare.url}/get-online-features`, { method: "POST", body: "{}" });
    expect(response.status).toBe(404);
  } finally {
    await bare.close();
  }
});
