import fc from "fast-check";
import type { Ledger } from "../ledger.ts";
import type { TimelineEntry } from "../timeline.ts";
import {
  type Case,
  collected,
  deepEqual,
  equal,
  hashOf,
  ok,
  onLedger,
  type OpenLedger,
  refused,
  there,
  withLedger,
} from "./case.ts";

type Step = (ledger: Ledger, pick: (count: number) => number) => Promise<unknown>;

async function experimentOf(ledger: Ledger): Promise<string> {
  const known = await ledger.experiments.byName("all");
  return (known ?? (await ledger.experiments.create({ name: "all" }))).id;
}

async function runOf(ledger: Ledger, pick: (count: number) => number): Promise<string> {
  const { items } = await ledger.runs.search();
  const found = items[pick(items.length || 1)];
  return (found ?? (await ledger.runs.start({ experimentId: await experimentOf(ledger) }))).id;
}

/** One way to change each table. Refusals are fine: they leave no entry. */
const steps: readonly Step[] = [
  async (ledger, pick) => {
    const version = 1 + pick(2);
    const hash = hashOf(`feature ${pick(3)}`);
    const document = { words: pick(2) };
    return ledger.definitions.apply([
      { kind: "feature", name: `f${pick(2)}`, version, hash, document, dependsOn: [] },
    ]);
  },
  async (ledger, pick) =>
    ledger.definitions.apply([], { remove: [{ kind: "feature", name: `f${pick(2)}` }] }),
  async (ledger, pick) => {
    const hash = hashOf(`rows ${pick(3)}`);
    const name = `d${pick(2)}`;
    const viewHash = hashOf(`feature ${pick(1)}`);
    return ledger.datasets.freeze({ name, hash, viewHash, schema: [], rows: 1, files: [], spine: {} });
  },
  async (ledger, pick) => ledger.datasets.tag({ name: `d${pick(2)}` }, { t: String(pick(3)) }),
  async (ledger, pick) => ledger.datasets.remove({ name: `d${pick(2)}`, version: 1 }),
  async (ledger, pick) => ledger.experiments.create({ name: `e${pick(4)}` }),
  async (ledger) => {
    const id = await experimentOf(ledger);
    await ledger.experiments.remove(id);
    await ledger.experiments.restore(id);
  },
  async (ledger, pick) => {
    const experimentId = await experimentOf(ledger);
    return ledger.runs.start({
      experimentId,
      params: { p: String(pick(3)) },
      tags: { t: "1" },
      datasetHash: hashOf("rows 0"),
    });
  },
  async (ledger, pick) => {
    const values = [0, 1.5, Number.NaN, Infinity, -Infinity];
    const metrics = Array.from({ length: pick(4) }, (_, step) => ({
      key: `m${pick(2)}`,
      step,
      at: pick(3),
      value: there(values[pick(5)]),
    }));
    return ledger.runs.log(await runOf(ledger, pick), { metrics, tags: { t: pick(2) ? null : "2" } });
  },
  async (ledger, pick) => {
    const status = there((["finished", "failed", "running"] as const)[pick(3)]);
    return ledger.runs.update(await runOf(ledger, pick), { status });
  },
  async (ledger, pick) => ledger.runs.remove(await runOf(ledger, pick)),
  async (ledger, pick) => {
    const runId = await runOf(ledger, pick);
    const model = await ledger.loggedModels.create({
      experimentId: await experimentOf(ledger),
      sourceRunId: runId,
    });
    await ledger.runs.logOutputs(runId, [{ modelId: model.id }]);
    await ledger.runs.logInputs(runId, {
      datasets: [{ name: "x", digest: "y" }],
      models: [{ modelId: model.id }],
    });
    await ledger.runs.log(runId, { metrics: [{ key: "m0", step: 9, at: 9, value: 1, modelId: model.id }] });
    return ledger.loggedModels.finish(model.id, "ready");
  },
  async (ledger, pick) => {
    const hash = hashOf(`model ${pick(4)}`);
    return ledger.models.register({ name: `n${pick(2)}`, hash, runId: await runOf(ledger, pick) });
  },
  async (ledger, pick) => ledger.models.setAlias({ name: `n${pick(2)}`, version: 1 + pick(2) }, "champion"),
  async (ledger, pick) =>
    ledger.models.stage({ name: `n${pick(2)}`, version: 1 + pick(2) }, "production", { archiveOthers: true }),
  async (ledger, pick) => ledger.models.removeVersion({ name: `n${pick(2)}`, version: 1 + pick(2) }),
  async (ledger, pick) => ledger.models.rename(`n${pick(2)}`, `n${pick(3)}`),
  async (ledger, pick) =>
    ledger.deployments.start({
      name: "serving",
      role: "champion",
      model: `n${pick(2)}`,
      version: 1 + pick(2),
    }),
  async (ledger) => ledger.deployments.stop(there(await ledger.deployments.champion("serving")).id),
  async (ledger, pick) => {
    const owner = { kind: "run", id: await runOf(ledger, pick) } as const;
    await ledger.artifacts.put(owner, { path: `a/${pick(2)}`, blob: hashOf(String(pick(3))), bytes: 1 });
    if (pick(2)) await ledger.artifacts.remove(owner, "a/0");
  },
  async (ledger, pick) => {
    const edge = {
      from: { kind: "x", id: String(pick(3)) },
      to: { kind: "x", id: String(pick(3)) },
      relation: "r",
    };
    await (pick(3) ? ledger.lineage.link(edge) : ledger.lineage.unlink(edge));
  },
  async (ledger, pick) =>
    ledger.timeline.record({
      kind: "alarm.raised",
      subject: { kind: "model", name: "n0" },
      payload: { n: pick(9) },
    }),
];

const script = fc.array(
  fc.tuple(fc.nat({ max: steps.length - 1 }), fc.array(fc.nat(), { minLength: 12, maxLength: 12 })),
  {
    minLength: 1,
    maxLength: 25,
  },
);

/** Carries out a script; returns fingerprint and time after each entry-making step. */
async function perform(
  ledger: Ledger,
  now: () => number,
  chosen: readonly (readonly [number, readonly number[]])[],
): Promise<readonly { readonly moment: number; readonly fingerprint: string }[]> {
  const states = [];
  for (const [index, numbers] of chosen) {
    let used = 0;
    const pick = (count: number): number => (numbers[used++ % numbers.length] ?? 0) % count;
    try {
      await there(steps[index])(ledger, pick);
    } catch (thrown) {
      // Refusals and missing champions are part of a random life; a fault of ours is not.
      const text =
        thrown instanceof Error ? `${thrown.name} ${"code" in thrown ? String(thrown.code) : ""}` : "";
      if (!/PawlError (?!internal)|AssertionError/.test(text)) throw thrown;
    }
    states.push({ moment: now() + 1, fingerprint: await ledger.fingerprint() });
  }
  return states;
}

async function replayIsIdentity(open: OpenLedger): Promise<void> {
  await fc.assert(
    fc.asyncProperty(script, fc.nat(), async (chosen, cut) => {
      await withLedger(open, async (ledger, { now }) => {
        const states = await perform(ledger, now, chosen);
        const entries: readonly TimelineEntry[] = await collected(ledger.timeline.entries());
        ok((await ledger.timeline.verify()).intact);
        await withLedger(open, async (copy) => {
          const half = cut % (entries.length + 1);
          deepEqual(await copy.timeline.replay(entries.slice(0, half)), { added: half });
          deepEqual(await copy.timeline.replay(entries), { added: entries.length - half });
          deepEqual(await copy.timeline.replay(entries), { added: 0 });
          equal(await copy.fingerprint(), await ledger.fingerprint());
          deepEqual(await copy.timeline.head(), await ledger.timeline.head());
        });
        const state = there(states[cut % states.length]);
        const past = await ledger.asOf(state.moment);
        equal(await past.fingerprint(), state.fingerprint);
        await past.close();
      });
    }),
    { numRuns: 40 },
  );
}

export function replayCases(open: OpenLedger): readonly Case[] {
  return [
    {
      name: "replaying the timeline gives the same ledger, twice changes nothing, and a part of it is the past",
      run: () => replayIsIdentity(open),
    },

    onLedger(open, "the past answers and cannot be changed", async (ledger, { now }) => {
      const { id } = await ledger.experiments.create({ name: "one" });
      const moment = now();
      await ledger.experiments.rename(id, "two");
      const before = await ledger.asOf(moment);
      equal(there((await before.timeline.query()).items.at(0) ?? { id: 0 }).id, 0);
      const after = await ledger.asOf(moment + 1);
      equal(there(await after.experiments.get(id)).name, "one");
      await refused(after.experiments.rename(id, "three"), "conflict");
      await refused(after.as({ kind: "person", name: "ada" }).experiments.create({ name: "x" }), "conflict");
      await refused(after.timeline.replay([]), "conflict");
      await before.close();
      await after.close();
      equal(there(await ledger.experiments.get(id)).name, "two");
    }),

    onLedger(open, "changes at the same time stand in line", async (ledger) => {
      const experimentId = await experimentOf(ledger);
      const runs = await Promise.all(Array.from({ length: 10 }, () => ledger.runs.start({ experimentId })));
      await Promise.all([
        ...runs.map(({ id }) => ledger.runs.log(id, { params: { p: "1" } })),
        ...runs.map(() => ledger.models.register({ name: "m", hash: hashOf("same") })),
        ...runs.map((_, index) => ledger.models.register({ name: "m", hash: hashOf(String(index)) })),
      ]);
      equal(there(await ledger.models.get("m")).latest, 11);
      ok((await ledger.timeline.verify()).intact);
    }),
  ];
}
