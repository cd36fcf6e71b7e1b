import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPython, installMlflow, type Outcome, runClient } from "./testing/mlflow-client.ts";
import { seedRuns } from "./testing/seed-runs.ts";
import { type MountedServer, mountedServer } from "./testing/mounted-server.ts";

const scenarios = [
  "experiments",
  "runs",
  "asynchronous",
  "parallel",
  "artifacts",
  "pickles",
  "datasets",
  "searching",
  "autolog",
  "models",
  "registry",
  "evaluating",
  "curves",
];

const minutes = 60_000;
const token = "long-enough-for-a-test";
// On a machine of one's own without Python there is nothing to run; CI always has one, and must fail without.
const skipped = !hasPython() && process.env["CI"] !== "true";

describe.skipIf(skipped)(
  `MLflow's own client${skipped ? " (skipped: there is no python3 here)" : ""}`,
  () => {
    let server: MountedServer;
    let outcomes: ReadonlyMap<string, Outcome> = new Map();
    let output = "";
    /** Bytes held outside the heap at most while the client worked: where a body would pile up. */
    let mostBuffered = 0;

    beforeAll(async () => {
      installMlflow();
      server = await mountedServer([{ name: "trainer", scope: "admin", secret: token }]);
      await seedRuns(server.ledger, 2_000);
      const watch = setInterval(() => {
        mostBuffered = Math.max(mostBuffered, process.memoryUsage().arrayBuffers);
      }, 5);
      try {
        ({ outcomes, output } = await runClient({ url: server.url, token }));
      } finally {
        clearInterval(watch);
      }
    }, 20 * minutes);

    afterAll(async () => {
      await server?.close();
    });

    it.each(scenarios)("%s", (scenario) => {
      const outcome = outcomes.get(scenario);
      expect(
        outcome?.ok,
        `${JSON.stringify(outcome?.detail, null, 1)?.replaceAll("\\n", "\n")}\n${output}`,
      ).toBe(true);
    });

    it("streams 200 MB up and down without holding them", () => {
      expect(mostBuffered).toBeLessThan(60_000_000);
    });

    it("puts changes down to whom the token names", async () => {
      const { items } = await server.ledger.timeline.query({ kinds: ["model.registered"], limit: 1 });
      expect(items[0]?.actor).toEqual({ kind: "person", name: "trainer" });
    });

    it("leaves a timeline that is whole", async () => {
      expect(await server.ledger.timeline.verify()).toMatchObject({ intact: true });
    });
  },
);

describe("the mounted wire", () => {
  let server: MountedServer;
  beforeAll(async () => {
    server = await mountedServer([{ name: "reader", scope: "read", secret: token }]);
  });
  afterAll(() => server.close());

  it("says no to strangers in MLflow's form", async () => {
    const address = `${server.url}/api/2.0/mlflow/experiments/search`;
    const stranger = await fetch(address, { method: "POST", body: "{}" });
    expect(stranger.status).toBe(401);
    expect(await stranger.json()).toMatchObject({ error_code: "UNAUTHENTICATED" });
    const headers = { authorization: `Basic ${Buffer.from(`any:${token}`).toString("base64")}` };
    const reader = await fetch(address, { method: "POST", body: "{}", headers });
    expect(reader.status).toBe(200);
    const writer = await fetch(`${server.url}/api/2.0/mlflow/runs/create`, {
      method: "POST",
      body: "{}",
      headers,
    });
    expect(writer.status).toBe(403);
    expect(await writer.json()).toMatchObject({ error_code: "PERMISSION_DENIED" });
    expect(await (await fetch(`${server.url}/version`, { headers })).text()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
