import type { FrozenDataset } from "../datasets.ts";
import type { Ledger } from "../ledger.ts";
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
} from "./case.ts";

const frozen: FrozenDataset = {
  name: "late",
  hash: hashOf("rows"),
  schema: [
    { name: "airport", type: "string", role: "key" },
    { name: "delay_mean", type: "float", role: "feature" },
  ],
  rows: 3,
  files: [{ uri: "data/late.parquet", sha256: hashOf("file"), bytes: 90, rows: 3 }],
  spine: { source: "flights", sample: 0.5 },
  viewHash: hashOf("view"),
  asOf: 12,
  split: { method: "time", at: [1, 2] },
  report: { missing: 0 },
  tags: { team: "ops" },
};

async function twoVersions(ledger: Ledger): Promise<void> {
  await ledger.models.register({ name: "late", hash: hashOf("one") });
  await ledger.models.register({ name: "late", hash: hashOf("two") });
}

async function deploy(ledger: Ledger, version: number, role: "champion" | "shadow" = "champion") {
  return ledger.deployments.start({ name: "is_late", role, model: "late", version });
}

export function registryCases(open: OpenLedger): readonly Case[] {
  return [
    onLedger(
      open,
      "a dataset is found by name, version and hash, and freezing it again changes nothing",
      async (ledger) => {
        const dataset = await ledger.datasets.freeze(frozen);
        const { createdAt, ...rest } = dataset;
        ok(createdAt);
        deepEqual(rest, { ...frozen, version: 1 });
        const head = await ledger.timeline.head();
        deepEqual(await ledger.datasets.freeze(frozen), dataset);
        deepEqual(await ledger.timeline.head(), head);
        const next = await ledger.datasets.freeze({ ...frozen, hash: hashOf("more rows"), rows: 4 });
        equal(next.version, 2);
        deepEqual(await ledger.datasets.get({ name: "late" }), next);
        deepEqual(await ledger.datasets.get({ name: "late", version: 1 }), dataset);
        deepEqual(await ledger.datasets.byHash(frozen.hash), dataset);
        const other = await ledger.datasets.freeze({ ...frozen, name: "copy" });
        equal(other.version, 1);
        equal(there(await ledger.datasets.byHash(frozen.hash)).name, "late");
        const listed = await everyPage((page) => ledger.datasets.list({ limit: 1, ...page }));
        deepEqual(
          listed.map(({ name, version }) => [name, version]),
          [
            ["copy", 1],
            ["late", 2],
            ["late", 1],
          ],
        );
      },
    ),

    onLedger(open, "a dataset's hash never stands for two contents", async (ledger) => {
      await ledger.datasets.freeze(frozen);
      const { viewHash: _, ...viewless } = frozen;
      for (const other of [{ ...frozen, rows: 4 }, { ...frozen, schema: [] }, viewless]) {
        await refusedWithoutTrace(ledger, () => ledger.datasets.freeze(other), "bad_data");
      }
      await refusedWithoutTrace(
        ledger,
        () => ledger.datasets.freeze({ ...frozen, hash: "abc" }),
        "invalid_input",
      );
    }),

    onLedger(open, "a dataset is tagged, removed and restored", async (ledger) => {
      await ledger.datasets.freeze(frozen);
      deepEqual((await ledger.datasets.tag({ name: "late" }, { team: null, use: "exam" })).tags, {
        use: "exam",
      });
      await ledger.datasets.remove({ name: "late", version: 1 });
      equal(await ledger.datasets.get({ name: "late" }), undefined);
      equal((await ledger.datasets.list()).items.length, 0);
      equal((await ledger.datasets.list({ presence: "removed" })).items.length, 1);
      equal((await ledger.datasets.freeze(frozen)).removedAt, undefined);
      await refused(ledger.datasets.restore({ name: "late", version: 2 }), "not_found");
    }),

    onLedger(open, "a logged model becomes ready once, and is searched by what it has", async (ledger) => {
      const { id: experimentId } = await ledger.experiments.create({ name: "late" });
      const run = await ledger.runs.start({ experimentId });
      const model = await ledger.loggedModels.create({
        experimentId,
        sourceRunId: run.id,
        params: { depth: "6" },
      });
      ok(/^m-[0-9a-f]{32}$/.test(model.id));
      equal(model.status, "pending");
      equal((await ledger.loggedModels.finish(model.id, "ready")).status, "ready");
      await ledger.loggedModels.finish(model.id, "ready");
      await refusedWithoutTrace(ledger, () => ledger.loggedModels.finish(model.id, "failed"), "conflict");
      await refusedWithoutTrace(
        ledger,
        () => ledger.loggedModels.logParams(model.id, { depth: "7" }),
        "conflict",
      );
      await ledger.loggedModels.logParams(model.id, { lr: "0.1" });
      await ledger.loggedModels.tag(model.id, { a: "1" });
      await ledger.loggedModels.create({ experimentId });
      const metric = { key: "auc", value: 0.9, at: 1, step: 0, modelId: model.id };
      await ledger.runs.log(run.id, {
        metrics: [
          { ...metric, datasetName: "test" },
          { ...metric, datasetName: "train", value: 0.95, step: 1 },
        ],
      });
      for (const filter of [
        { field: { of: "metric", key: "auc" }, is: ">", value: 0.94 },
        { field: { of: "param", key: "lr" }, is: "=", value: "0.1" },
        { field: { of: "tag", key: "a" }, is: "is-not-null" },
        { field: { of: "attribute", key: "status" }, is: "=", value: "ready" },
      ] as const) {
        const { items } = await ledger.loggedModels.search({ experimentIds: [experimentId], filter });
        deepEqual(
          items.map(({ id }) => id),
          [model.id],
        );
      }
      await ledger.loggedModels.remove(model.id);
      equal((await ledger.loggedModels.search()).items.length, 1);
      equal((await ledger.loggedModels.restore(model.id)).removedAt, undefined);
    }),

    onLedger(
      open,
      "registering numbers versions, and the same content again is the same version",
      async (ledger) => {
        const { id: experimentId } = await ledger.experiments.create({ name: "late" });
        const run = await ledger.runs.start({ experimentId });
        const wanted = {
          name: "late",
          hash: hashOf("one"),
          blob: hashOf("blob"),
          runId: run.id,
          metrics: { auc: 0.8 },
          document: { trainer: "trees" },
          description: "first",
          tags: { a: "1" },
        };
        const version = await ledger.as({ kind: "person", name: "ada" }).models.register(wanted);
        const { createdAt, updatedAt, ...rest } = version;
        equal(createdAt, updatedAt);
        deepEqual(rest, { ...wanted, version: 1, stage: "candidate", aliases: [], user: "ada" });
        deepEqual(await ledger.models.register(wanted), version);
        equal((await ledger.models.register({ ...wanted, hash: hashOf("two") })).version, 2);
        const { runId: _, ...runless } = wanted;
        equal((await ledger.models.register(runless)).version, 3);
        equal(there(await ledger.models.get("late")).latest, 3);
        await refused(ledger.models.register({ name: "late" }), "invalid_input");
        await refused(ledger.models.register({ ...wanted, runId: "0".repeat(32) }), "not_found");
        await refused(ledger.models.create({ name: "late" }), "conflict");
      },
    ),

    onLedger(open, "an alias is at one version at a time and goes with it", async (ledger) => {
      await twoVersions(ledger);
      await ledger.models.setAlias({ name: "late", version: 1 }, "champion");
      await ledger.models.setAlias({ name: "late", version: 2 }, "champion");
      equal(there(await ledger.models.version({ name: "late", alias: "champion" })).version, 2);
      deepEqual(there(await ledger.models.version({ name: "late", version: 1 })).aliases, []);
      deepEqual(there(await ledger.models.get("late")).aliases, { champion: 2 });
      await ledger.models.removeVersion({ name: "late", version: 2 });
      equal(await ledger.models.version({ name: "late", alias: "champion" }), undefined);
      equal(there(await ledger.models.version({ name: "late", latest: true })).version, 1);
      await refused(ledger.models.setAlias({ name: "late", version: 2 }, "champion"), "conflict");
      await ledger.models.restoreVersion({ name: "late", version: 2 });
      equal(there(await ledger.models.version({ name: "late", latest: true })).version, 2);
      await ledger.models.removeAlias("late", "nobody");
      equal((await ledger.models.register({ name: "late", hash: hashOf("three") })).version, 3);
    }),

    onLedger(open, "stages move versions, and the others to the archive on request", async (ledger) => {
      await twoVersions(ledger);
      await ledger.models.stage({ name: "late", version: 1 }, "production");
      await ledger.models.stage({ name: "late", version: 2 }, "production", { archiveOthers: true });
      const { items } = await ledger.models.searchVersions();
      deepEqual(
        items.map(({ version, stage }) => [version, stage]),
        [
          [2, "production"],
          [1, "archived"],
        ],
      );
      const filter = { field: { of: "attribute", key: "stage" }, is: "=", value: "archived" } as const;
      equal((await ledger.models.searchVersions({ filter })).items[0]?.version, 1);
    }),

    onLedger(open, "models are described, tagged, searched, removed and restored", async (ledger) => {
      await ledger.models.create({ name: "empty", description: "nothing yet", tags: { a: "1" } });
      await twoVersions(ledger);
      await ledger.models.describe("late", "late flights");
      await ledger.models.tag("late", { prompt: "false" });
      await ledger.models.describeVersion({ name: "late", version: 1 }, "the first");
      await ledger.models.tagVersion({ name: "late", version: 1 }, { b: "2" });
      const names = async (query: Parameters<Ledger["models"]["search"]>[0]): Promise<string[]> =>
        (await everyPage((page) => ledger.models.search({ limit: 1, ...query, ...page }))).map(
          ({ name }) => name,
        );
      deepEqual(await names({}), ["empty", "late"]);
      deepEqual(
        await names({ filter: { field: { of: "attribute", key: "name" }, is: "like", value: "l%" } }),
        ["late"],
      );
      // "Not a prompt" must find models without the tag too: that is an `any` with `is-null`.
      const prompt = { of: "tag", key: "prompt" } as const;
      deepEqual(
        await names({
          filter: {
            any: [
              { field: prompt, is: "is-null" },
              { field: prompt, is: "!=", value: "true" },
            ],
          },
        }),
        ["empty", "late"],
      );
      await ledger.models.remove("late");
      deepEqual(await names({}), ["empty"]);
      equal((await ledger.models.searchVersions()).items.length, 0);
      await refused(ledger.models.register({ name: "late", hash: hashOf("three") }), "conflict");
      await ledger.models.restore("late");
      equal((await ledger.models.searchVersions()).items.length, 2);
      equal(await ledger.models.get("nobody"), undefined);
      await refused(ledger.models.describe("nobody", "x"), "not_found");
    }),

    onLedger(open, "a name has one champion, and history knows who it was when", async (ledger, { now }) => {
      await twoVersions(ledger);
      const first = await deploy(ledger, 1);
      const then = now();
      const shadow = await deploy(ledger, 2, "shadow");
      const second = await deploy(ledger, 2);
      equal(there(await ledger.deployments.get(first.id)).until, second.since);
      deepEqual(await ledger.deployments.champion("is_late"), second);
      const ids = async (query: Parameters<Ledger["deployments"]["list"]>[0]): Promise<string[]> =>
        (await everyPage((page) => ledger.deployments.list({ limit: 1, ...query, ...page }))).map(
          ({ id }) => id,
        );
      deepEqual(await ids({ name: "is_late" }), [second.id, shadow.id]);
      deepEqual(await ids({ at: then }), [first.id]);
      deepEqual(await ids({ at: second.since, role: "champion" }), [second.id]);
      deepEqual(await ids({ at: "ever", role: "champion" }), [second.id, first.id]);
      await refusedWithoutTrace(ledger, () => deploy(ledger, 2), "conflict");
      const stopped = await ledger.deployments.stop(second.id);
      ok(stopped.until);
      deepEqual(await ledger.deployments.stop(second.id), stopped);
      equal(await ledger.deployments.champion("is_late"), undefined);
      await refused(deploy(ledger, 3), "not_found");
    }),

    onLedger(open, "what is at work is not removed or renamed", async (ledger) => {
      await twoVersions(ledger);
      const { id } = await deploy(ledger, 1);
      await refusedWithoutTrace(ledger, () => ledger.models.remove("late"), "conflict");
      await refusedWithoutTrace(ledger, () => ledger.models.rename("late", "tardy"), "conflict");
      await refusedWithoutTrace(
        ledger,
        () => ledger.models.removeVersion({ name: "late", version: 1 }),
        "conflict",
      );
      await ledger.models.removeVersion({ name: "late", version: 2 });
      await refused(deploy(ledger, 2), "conflict");
      await ledger.deployments.stop(id);
      await ledger.models.rename("late", "tardy");
      equal(await ledger.models.get("late"), undefined);
      equal(there(await ledger.models.version({ name: "tardy", version: 1 })).name, "tardy");
      const { nodes } = await ledger.lineage.upstream({ kind: "deployment", id });
      deepEqual(
        nodes.map((node) => node.id),
        ["tardy@1"],
      );
    }),
  ];
}
