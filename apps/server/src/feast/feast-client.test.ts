import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { peerPython, runPython, withoutPython } from "../testing/peer-python.ts";
import { type SampleLive, sampleLive } from "../testing/sample-live.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

let live: SampleLive;
let server: TestServer;

const script = `
import json, os, sys, tempfile
from datetime import datetime, timedelta
os.environ["FEAST_USAGE"] = "False"
import pandas as pd
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Array, Float64, Int64, String, Bool, UnixTimestamp

folder = tempfile.mkdtemp()
store = FeatureStore(config=RepoConfig(
    project="test", provider="local", registry=folder + "/registry.db", entity_key_serialization_version=3,
    online_store={"type": "remote", "path": sys.argv[1]}))
driver = Entity(name="driver", join_keys=["driver"], value_type=ValueType.INT64)
at = FileSource(name="file", path=folder + "/trips.parquet", timestamp_field="event_timestamp")
pd.DataFrame({"driver": [1], "trip": [1], "fare": [1.0], "city": ["x"], "late": [False],
    "event_timestamp": [datetime(2001, 1, 1)]}).to_parquet(folder + "/trips.parquet")
trips = FeatureView(name="trips", entities=[driver], ttl=timedelta(days=1), source=at, schema=[
    Field(name="trip", dtype=Int64), Field(name="fare", dtype=Float64), Field(name="city", dtype=String), Field(name="late", dtype=Bool)])
driving = FeatureView(name="trips_by_driver", entities=[driver], ttl=timedelta(days=1), source=at, schema=[
    Field(name="trips_1d", dtype=Int64), Field(name="fare_mean_1d", dtype=Float64),
    Field(name="last_at", dtype=UnixTimestamp), Field(name="last_cities", dtype=Array(String))])
board = FeatureService(name="trip_board", features=[driving])
store.apply([driver, trips, driving, board])
store.write_to_online_store("trips", pd.DataFrame({
    "driver": [9007199254740993, 9007199254740993, 7], "trip": [1, 2, 3], "fare": [10.0, 20.5, 1.0],
    "city": ["Wien", "Graz", "Linz"], "late": [False, True, False],
    "event_timestamp": pd.to_datetime(["2001-05-01 09:00", "2001-05-01 10:00", "2001-05-01 11:00"])}))
names = ["trips_1d", "fare_mean_1d", "last_cities"]
one = store.get_online_features(["trips_by_driver:" + name for name in names],
    [{"driver": 9007199254740993}, {"driver": 7}, {"driver": 8}, {"driver": 7}])
full = store.get_online_features(["trips_by_driver:trips_1d"], [{"driver": 7}], full_feature_names=True)
error = ""
try:
    store.get_online_features(["trips_by_driver:trips_1d"], [{"driver": "me"}])
except Exception as thrown:
    error = str(thrown)
statuses = [[int(s) for s in r.statuses] for r in one.proto.results]
names = list(one.proto.metadata.feature_names.val)
answer = one.to_dict()
answer["driver"] = [str(key) for key in answer["driver"]]
print(json.dumps({"one": answer, "full": full.to_dict(), "error": error,
    "statuses": dict(zip(names, statuses))}))
`;

describe.skipIf(withoutPython)("Feast's own client", () => {
  beforeAll(async () => {
    await peerPython("feast");
    live = await sampleLive();
    server = await testServer({ live });
  }, 600_000);
  afterAll(async () => {
    await server.close();
    await live.close();
  });

  it("writes and reads by Feast's own client", async () => {
    const found = (await runPython("feast", script, [server.url])) as {
      one: Record<string, unknown[]>;
      full: Record<string, unknown[]>;
      error: string;
      statuses: Record<string, number[]>;
    };
    expect(found.one).toEqual({
      driver: ["9007199254740993", "7", "8", "7"],
      trips_1d: [2, 1, 0, 1],
      fare_mean_1d: [15.25, 1, null, 1],
      last_cities: [["Graz", "Wien"], ["Linz"], null, ["Linz"]],
    });
    // 1 is present, 3 is not found.
    expect(found.statuses["trips_1d"]).toEqual([1, 1, 3, 1]);
    expect(found.full).toEqual({ driver: [7], trips_by_driver__trips_1d: [1] });
    expect(found.error).toContain("driver");
  }, 120_000);
});
