import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { openLedger } from "./open-ledger.ts";
import { systemSurroundings } from "./system-surroundings.ts";

/** Definitions per `apply` of the child; its transactions take long enough to be hit in the middle. */
const batch = 150;

/** What the child does until it is killed: apply and log, and say so after each acknowledgement. */
const child = `
  import { openLedger } from ${JSON.stringify(new URL("./open-ledger.ts", import.meta.url).href)};
  import { systemSurroundings } from ${JSON.stringify(new URL("./system-surroundings.ts", import.meta.url).href)};
  const ledger = await openLedger({ file: process.argv[1], ...systemSurroundings });
  const experiment = (await ledger.experiments.byName("kill")) ?? (await ledger.experiments.create({ name: "kill" }));
  const run = await ledger.runs.start({ experimentId: experiment.id });
  const start = (await ledger.timeline.head()).id;
  for (let round = 0; ; round += 1) {
    const key = start * 1000 + round;
    await ledger.definitions.apply(Array.from({ length: ${batch} }, (_, index) => {
      const name = "f" + key + "_" + index;
      const hash = (key * ${batch} + index).toString(16).padStart(64, "0");
      return { kind: "feature", name, version: 1, hash, document: { round }, dependsOn: [] };
    }));
    process.stdout.write("applied\\n");
    const metrics = Array.from({ length: 50 }, (_, index) => ({ key: "loss", value: index, at: round, step: index }));
    await ledger.runs.log(run.id, { metrics });
    process.stdout.write("logged\\n");
  }
`;

/** Runs the child on a ledger, kills it some time after its n-th line, and returns what it said. */
async function killAfter(file: string, lines: number, milliseconds: number): Promise<readonly string[]> {
  const victim = spawn(
    process.execPath,
    ["--conditions=pawl-source", "--import", "tsx", "--input-type=module", "-e", child, file],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const said: string[] = [];
  let complaints = "";
  victim.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  createInterface({ input: victim.stdout }).on("line", (line) => {
    said.push(line);
    if (said.length === lines) setTimeout(() => victim.kill("SIGKILL"), milliseconds);
  });
  const [, signal] = (await once(victim, "close")) as [number | null, string | null];
  expect({ signal, complaints }).toEqual({ signal: "SIGKILL", complaints: "" });
  return said;
}

test("a process killed in the middle leaves all of a change or nothing, and everything it acknowledged", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pawl-kill-"));
  const file = join(folder, "ledger.db");
  try {
    let applied = 0;
    let logged = 0;
    let unacknowledged = 0;
    for (const milliseconds of [0, 3, 7, 12, 20, 31]) {
      const said = await killAfter(file, 4, milliseconds);
      applied += said.filter((line) => line === "applied").length;
      logged += said.filter((line) => line === "logged").length;
      const ledger = await openLedger({ file, ...systemSurroundings });
      const { items } = await ledger.definitions.list({ limit: 10_000 });
      // All or nothing, and at most the one change under way beyond those acknowledged.
      expect(items.length % batch).toBe(0);
      expect(items.length / batch).toBeGreaterThanOrEqual(applied);
      unacknowledged += items.length / batch - applied;
      applied = items.length / batch;
      const logs = await ledger.timeline.query({ kinds: ["run.logged"], limit: 1_000 });
      expect(logs.items.length).toBeGreaterThanOrEqual(logged);
      logged = logs.items.length;
      for (const run of (await ledger.runs.search()).items) {
        const { items } = await ledger.runs.history(run.id, { key: "loss" });
        expect(items.length % 50).toBe(0);
      }
      expect(await ledger.timeline.verify()).toMatchObject({ intact: true });
      // Tables and timeline agree: replaying gives the same state.
      const copy = await openLedger({ file: ":memory:", ...systemSurroundings });
      await copy.timeline.replay(ledger.timeline.entries());
      expect(await copy.fingerprint()).toBe(await ledger.fingerprint());
      await copy.close();
      await ledger.close();
    }
    expect(unacknowledged).toBeLessThanOrEqual(6);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
