import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog, count, entity, max, model, source, t } from "@pawl/core";
import {
  createLog,
  openLive,
  openProject,
  type Project,
  type RunningServer,
  serveProject,
} from "@pawl/server";
import type { Present } from "@pawl/present";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "./client.ts";

const driver = entity("driver", { key: t.bigint });
const trips = source("trips", {
  columns: { id: t.int, at: t.timestamp, driver, fare: t.float, late: t.bool },
  eventTime: "at",
  key: ["id"],
});
const habits = trips
  .by("driver")
  .features((f) => ({ trips_ever: count(), last_at: max(f.at), top_fare: max(f.fare) }));
const isLate = model("is_late", {
  spine: trips,
  asOf: "at",
  label: (f) => f.late,
  view: [habits.pick("trips_ever", "top_fare")],
});
const definitions = { driver, trips, habits, isLate };

let directory: string;
let project: Project;
let present: Present;
let server: RunningServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "pawl-client-"));
  project = await openProject({ directory, catalog: catalog(Object.values(definitions)) });
  ({ present } = await openLive(project));
  server = await serveProject(project, { port: 0, log: createLog("silent"), present });
});
afterAll(async () => {
  await server.stop();
  await present.close();
  await project.close();
  rmSync(directory, { recursive: true, force: true });
});

const long = 9007199254740993n;
const trip = { id: 1, at: "2024-05-01T09:00:00.000001Z", driver: long, fare: 12.5, late: false };

describe("the typed client, against a real server", () => {
  it("pushes and reads back, with every digit of a key and every microsecond of a moment", async () => {
    const pawl = createClient<typeof definitions>({ url: server.url });
    expect(await pawl.push("trips", [trip, { ...trip, id: 2, fare: 20 }])).toMatchObject({ added: 2 });
    const { values, statuses } = await pawl.get("trips_by_driver", { driver: long });
    expect(values).toEqual({
      "trips_by_driver.trips_ever": 2,
      "trips_by_driver.last_at": 1_714_554_000_000_001,
      "trips_by_driver.top_fare": 20,
    });
    expect(statuses["trips_by_driver.top_fare"]).toBe("present");
    const before = await pawl.get("is_late", { driver: long }, { asOf: "2024-04-01T00:00:00Z" });
    expect(before.values["trips_by_driver.trips_ever"]).toBe(0);
  });

  it("counts a push once when its answer was lost", async () => {
    let lost = 0;
    const flaky: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (lost++ > 0) return response;
      await response.arrayBuffer();
      throw new TypeError("the connection broke");
    };
    const pawl = createClient<typeof definitions>({ url: server.url, fetch: flaky });
    expect(await pawl.push("trips", [{ ...trip, id: 50, driver: 5n }])).toMatchObject({ added: 1 });
    expect(lost).toBe(2);
    const { values } = await pawl.get("trips_by_driver", { driver: 5n });
    expect(values["trips_by_driver.trips_ever"]).toBe(1);
  });

  it("gives the server's own error, and says when there is no server", async () => {
    const pawl = createClient<typeof definitions>({ url: server.url });
    await expect(pawl.push("trips", [{ ...trip, fare: "much" as unknown as number }])).rejects.toMatchObject({
      code: "invalid_input",
    });
    await expect(pawl.predict("is_late", { driver: long })).rejects.toMatchObject({ code: "not_found" });
    const nobody = createClient<typeof definitions>({ url: "http://127.0.0.1:1", retries: 0 });
    await expect(nobody.get("is_late", {})).rejects.toMatchObject({
      code: "unavailable",
      next: "Start it: pawl serve",
    });
  });
});
