import fc from "fast-check";
import type { Ledger } from "../ledger.ts";
import type { Metric } from "../metrics.ts";
import type { Run, RunStatus } from "../runs.ts";
import {
  type Case,
  deepEqual,
  equal,
  everyPage,
  hashOf,
  ok,
  onLedger,
  type OpenLedger,
  refused,
  refusedWithoutTrace,
  there,
  withLedger,
} from "./case.ts";

async function startRun(ledger: Ledger, name = "delays"): Promise<Run> {
  const experiment = (await ledger.experiments.byName(name)) ?? (await ledger.experiments.create({ name }));
  return ledger.runs.start({ experimentId: experiment.id });
}

const metric: fc.Arbitrary<Metric> = fc.record({
  key: fc.constantFrom("auc", "loss"),
  // Few steps and times, so that ties are common.
  step: fc.integer({ min: -1, max: 0 }),
  at: fc.integer({ min: 0, max: 1 }),
  value: fc.constantFrom(0, -0, 1, 2.5, Number.NaN, Infinity, -Infinity),
});

/** (step, time, value); NaN below every number. */
function compareMetrics(a: Metric, b: Metric): number {
  const value = (one: Metric): number => (Number.isNaN(one.value) ? 0 : 1);
  return (
    a.step - b.step ||
    a.at - b.at ||
    value(a) - value(b) ||
    (a.value === b.value ? 0 : a.value - b.value) ||
    0
  );
}

async function latestIsGreatest(open: OpenLedger): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(metric, { maxLength: 6 }), { maxLength: 5 }), async (batches) => {
      await withLedger(open, async (ledger) => {
        const { id } = await startRun(ledger);
        for (const metrics of batches) await ledger.runs.log(id, { metrics });
        const run = there(await ledger.runs.get(id));
        for (const key of ["auc", "loss"]) {
          const distinct = new Map<string, Metric>();
          for (const one of batches.flat().filter((metric) => metric.key === key)) {
            const plain = { ...one, value: one.value + 0 };
            distinct.set(`${plain.step} ${plain.at} ${plain.value}`, plain);
          }
          const expected = [...distinct.values()].sort(compareMetrics);
          deepEqual(
            run.metrics.find((metric) => metric.key === key),
            expected.at(-1),
          );
          const history = await everyPage((page) => ledger.runs.history(id, { key, limit: 2, ...page }));
          const line = ({ step, at, value }: Metric): string => `${step} ${at} ${value}`;
          deepEqual(history.map(line).sort(), expected.map(line).sort());
          const ordered = history.map(({ step, at }) => step * 10 + at);
          deepEqual(
            ordered,
            [...ordered].sort((a, b) => a - b),
          );
        }
      });
    }),
    { numRuns: 150 },
  );
}

const statuses: readonly RunStatus[] = ["scheduled", "running", "finished", "failed", "killed"];
const allowed: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  scheduled: ["scheduled", "running", "failed", "killed"],
  running: ["running", "finished", "failed", "killed"],
  finished: ["finished", "running"],
  failed: ["failed", "running"],
  killed: ["killed", "running"],
};

async function followsStates(open: OpenLedger): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...statuses), { maxLength: 8 }), async (wanted) => {
      await withLedger(open, async (ledger) => {
        const { id: experimentId } = await ledger.experiments.create({ name: "states" });
        const { id } = await ledger.runs.start({ experimentId, status: "scheduled" });
        let status: RunStatus = "scheduled";
        for (const next of wanted) {
          if (allowed[status].includes(next)) {
            const run = await ledger.runs.update(id, { status: next });
            equal(run.status, next);
            equal(run.endedAt !== undefined, ["finished", "failed", "killed"].includes(next));
            status = next;
          } else
            await refusedWithoutTrace(ledger, () => ledger.runs.update(id, { status: next }), "conflict");
        }
      });
    }),
    { numRuns: 40 },
  );
}

export function runCases(open: OpenLedger): readonly Case[] {
  return [
    {
      name: "the latest metric is the greatest (step, time, value), in any order",
      run: () => latestIsGreatest(open),
    },
    { name: "a run goes from state to state only as allowed", run: () => followsStates(open) },

    onLedger(open, "a run keeps what it was started with", async (ledger) => {
      const { id: experimentId } = await ledger.experiments.create({ name: "delays" });
      const hash = hashOf("rows");
      await ledger.datasets.freeze({ name: "late", hash, schema: [], rows: 3, files: [], spine: {} });
      const parent = await ledger.runs.start({ experimentId, name: "search" });
      const started = await ledger.as({ kind: "person", name: "ada" }).runs.start({
        experimentId,
        name: "depth 6",
        params: { depth: "6", __proto__x: "y" },
        tags: { team: "ops" },
        environment: { node: "20", threads: 2 },
        seed: 42,
        codeVersion: "abc",
        datasetHash: hash,
        parentId: parent.id,
        startedAt: 5,
      });
      const { id, ...rest } = started;
      ok(/^[0-9a-f]{32}$/.test(id));
      deepEqual(rest, {
        experimentId,
        name: "depth 6",
        status: "running",
        user: "ada",
        startedAt: 5,
        environment: { node: "20", threads: 2 },
        seed: 42,
        codeVersion: "abc",
        datasetHash: hash,
        parentId: parent.id,
        params: { depth: "6", __proto__x: "y" },
        tags: { team: "ops" },
        metrics: [],
        inputs: { datasets: [], models: [] },
        outputs: [],
      });
      deepEqual(await ledger.runs.get(id), started);
      ok(/^[a-z]+-[a-z]+-\d+$/.test((await startRun(ledger)).name));
      await refused(ledger.runs.start({ experimentId, id }), "conflict");
      await refused(ledger.runs.start({ experimentId, id: "../etc" }), "invalid_input");
      await refused(ledger.runs.start({ experimentId: "77" }), "not_found");
      await refused(ledger.runs.start({ experimentId, datasetHash: hashOf("unknown") }), "not_found");
    }),

    onLedger(open, "ending a run sets its end; resuming takes it away", async (ledger, { now }) => {
      const { id } = await startRun(ledger);
      const ended = await ledger.runs.update(id, { status: "finished" });
      equal(ended.endedAt, now());
      equal((await ledger.runs.update(id, { status: "finished", endedAt: 9 })).endedAt, 9);
      equal((await ledger.runs.update(id, { status: "running" })).endedAt, undefined);
      equal((await ledger.runs.update(id, { name: "better" })).name, "better");
    }),

    onLedger(open, "a param keeps its value; a log is all or nothing", async (ledger) => {
      const { id } = await startRun(ledger);
      await ledger.runs.log(id, { params: { depth: "6" } });
      const head = await ledger.timeline.head();
      await ledger.runs.log(id, { params: { depth: "6" } });
      deepEqual(await ledger.timeline.head(), head);
      const both = { metrics: [{ key: "auc", value: 1, at: 1, step: 0 }], params: { lr: "1", depth: "7" } };
      await refusedWithoutTrace(ledger, () => ledger.runs.log(id, both), "conflict");
      const wrong = [{ key: "auc", value: 1, at: 1, step: 0.5 }];
      await refusedWithoutTrace(ledger, () => ledger.runs.log(id, { metrics: wrong }), "invalid_input");
      await refusedWithoutTrace(ledger, () => ledger.runs.log("0".repeat(32), { params: {} }), "not_found");
    }),

    onLedger(open, "tags are set, changed and taken away", async (ledger) => {
      const { id } = await startRun(ledger);
      await ledger.runs.log(id, { tags: { a: "1", b: "2", constructor: "3" } });
      await ledger.runs.log(id, { tags: { a: "9", b: null } });
      deepEqual(there(await ledger.runs.get(id)).tags, { a: "9", constructor: "3" });
      await refused(ledger.runs.log(id, { tags: { "": "empty key" } }), "invalid_input");
    }),

    onLedger(
      open,
      "a metric logged again for a model counts for the model and stays one for the run",
      async (ledger) => {
        const { id, experimentId } = await startRun(ledger);
        const model = await ledger.loggedModels.create({ experimentId, sourceRunId: id, name: "trees" });
        const auc = { key: "auc", value: 0.8, at: 1, step: 1 };
        const loss = { key: "loss", value: Number.NaN, at: 1, step: 1 };
        await ledger.runs.log(id, { metrics: [auc, loss] });
        const test = { modelId: model.id, datasetName: "test", datasetDigest: "d1" };
        await ledger.runs.log(id, { metrics: [auc, loss].map((one) => ({ ...one, ...test })) });
        equal((await ledger.runs.history(id, { key: "auc" })).items.length, 1);
        equal((await ledger.runs.history(id, { key: "loss" })).items.length, 1);
        deepEqual(there(await ledger.loggedModels.get(model.id)).metrics, [
          { ...auc, ...test, runId: id },
          { ...loss, ...test, runId: id },
        ]);
        const unknown = [{ ...auc, modelId: `m-${"0".repeat(32)}` }];
        await refusedWithoutTrace(ledger, () => ledger.runs.log(id, { metrics: unknown }), "not_found");
      },
    ),

    onLedger(open, "curves are thinned evenly and keep both ends", async (ledger) => {
      const { id } = await startRun(ledger);
      const metrics = Array.from({ length: 100 }, (_, step) => ({
        key: "loss",
        value: step,
        at: step,
        step,
      }));
      await ledger.runs.log(id, { metrics });
      for (const [points, expected] of [
        [2, [0, 99]],
        [4, [0, 33, 66, 99]],
        [100, metrics.map(({ step }) => step)],
        [500, metrics.map(({ step }) => step)],
      ] as const) {
        const curve = await ledger.runs.curves({ runIds: [id], key: "loss", points });
        deepEqual(
          curve.map(({ step }) => step),
          expected,
        );
      }
      const part = await ledger.runs.curves({
        runIds: [id],
        key: "loss",
        points: 2,
        fromStep: 10,
        untilStep: 21,
      });
      deepEqual(
        part.map(({ step }) => step),
        [10, 20],
      );
      deepEqual(await ledger.runs.curves({ runIds: [id], key: "none", points: 3 }), []);
    }),

    onLedger(open, "inputs and outputs are kept and show in the lineage", async (ledger) => {
      const { id, experimentId } = await startRun(ledger);
      const model = await ledger.loggedModels.create({ experimentId });
      const data = {
        name: "csv",
        digest: "d",
        sourceType: "local",
        source: "{}",
        tags: { context: "training" },
      };
      await ledger.runs.logInputs(id, { datasets: [data] });
      await ledger.runs.logInputs(id, { datasets: [data], models: [{ modelId: model.id }] });
      await ledger.runs.logOutputs(id, [{ modelId: model.id, step: 3 }]);
      const run = there(await ledger.runs.get(id));
      deepEqual(run.inputs, { datasets: [data], models: [{ modelId: model.id }] });
      deepEqual(run.outputs, [{ modelId: model.id, step: 3 }]);
      deepEqual(await ledger.runs.datasetsOf([experimentId]), [{ experimentId, ...data }]);
      // The model came first as an input; that it was also an output makes no circle.
      const upstream = await ledger.lineage.upstream({ kind: "run", id });
      deepEqual(
        upstream.nodes.map((node) => node.id),
        [model.id],
      );
      equal((await ledger.lineage.downstream({ kind: "run", id })).nodes.length, 0);
    }),

    onLedger(open, "a removed run is out of sight, cannot change, and comes back whole", async (ledger) => {
      const run = await startRun(ledger);
      ok((await ledger.runs.remove(run.id)).removedAt);
      equal((await ledger.runs.search()).items.length, 0);
      equal((await ledger.runs.search({ presence: "removed" })).items.length, 1);
      await refusedWithoutTrace(ledger, () => ledger.runs.log(run.id, { tags: { a: "1" } }), "conflict");
      await refusedWithoutTrace(ledger, () => ledger.runs.update(run.id, { status: "failed" }), "conflict");
      deepEqual(await ledger.runs.restore(run.id), run);
    }),

    onLedger(
      open,
      "removing an experiment takes its runs along, and brings back only those",
      async (ledger) => {
        const [one, two] = [await startRun(ledger), await startRun(ledger)];
        await ledger.runs.remove(one.id);
        await ledger.experiments.remove(one.experimentId);
        equal((await ledger.runs.search({ experimentIds: [one.experimentId] })).items.length, 0);
        await refused(ledger.runs.start({ experimentId: one.experimentId }), "conflict");
        await refused(ledger.experiments.create({ name: "delays" }), "conflict");
        await ledger.experiments.restore(one.experimentId);
        const { items } = await ledger.runs.search();
        deepEqual(
          items.map(({ id }) => id),
          [two.id],
        );
      },
    ),

    onLedger(open, "experiments are named, numbered, renamed, tagged and searched", async (ledger) => {
      const zero = await ledger.experiments.create({ name: "Default", id: "0" });
      const one = await ledger.experiments.create({
        name: "delays",
        tags: { team: "ops" },
        artifactLocation: "x:/y",
      });
      deepEqual([zero.id, one.id], ["0", "1"]);
      await refused(ledger.experiments.create({ name: "delays" }), "conflict");
      await refused(ledger.experiments.create({ name: "other", id: "1" }), "conflict");
      await refused(ledger.experiments.create({ name: "other", id: "x" }), "invalid_input");
      await refused(ledger.experiments.rename("1", "Default"), "conflict");
      await ledger.experiments.rename("1", "late flights");
      await ledger.experiments.tag("1", { team: null, owner: "ada" });
      const found = await ledger.experiments.search({
        filter: { field: { of: "tag", key: "owner" }, is: "=", value: "ada" },
      });
      deepEqual(
        found.items.map(({ name, tags, artifactLocation }) => [name, tags, artifactLocation]),
        [["late flights", { owner: "ada" }, "x:/y"]],
      );
      equal(await ledger.experiments.byName("delays"), undefined);
      await refused(ledger.experiments.tag("5", {}), "not_found");
    }),
  ];
}
