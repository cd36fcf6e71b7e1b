import fc from "fast-check";
import type { Definition, DefinitionRef } from "../definitions.ts";
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
  refusedWithoutTrace,
  there,
  withLedger,
} from "./case.ts";

function definition(
  kind: string,
  name: string,
  meaning: string,
  dependsOn: readonly string[] = [],
  version = 1,
  words = meaning,
): Definition {
  return { kind, name, version, hash: hashOf(`${kind} ${meaning}`), document: { words }, dependsOn };
}

const source = definition("source", "flights", "flights");
const feature = definition("feature", "delay_mean", "mean of delay", [source.hash]);
const view = definition("view", "is_late", "late view", [feature.hash]);
const chain = [source, feature, view];

const changesOf = (plan: { readonly changes: readonly { readonly change: string }[] }): string[] =>
  plan.changes.map(({ change }) => change);

async function standing(ledger: Ledger): Promise<readonly string[]> {
  const items = await everyPage((page) => ledger.definitions.list({ limit: 3, ...page }));
  return items.map(({ kind, name, version, hash }) => `${kind} ${name} ${version} ${hash}`);
}

/** Definitions in layers, each built on some of the layer before. Small alphabets, so that names collide. */
const documents = fc
  .array(
    fc.record({
      name: fc.constantFrom("a", "b", "c", "d"),
      version: fc.integer({ min: 1, max: 2 }),
      meaning: fc.constantFrom("x", "y", "z"),
      words: fc.constantFrom("", "described"),
      on: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
    }),
    { maxLength: 6 },
  )
  .map((rows) => {
    const made: Definition[] = [];
    for (const { name, version, meaning, words, on } of rows) {
      const dependsOn = [...new Set(on.flatMap((index) => made[index]?.hash ?? []))];
      const deep = `${meaning}(${dependsOn.join(",")})`;
      made.push(definition("feature", name, deep, dependsOn, version, words));
    }
    return made;
  });

/** What the ledger must hold, kept the simplest way. */
class Model {
  readonly ever = new Map<string, { definition: Definition; live: boolean }>();

  accepts(batch: readonly Definition[]): boolean {
    const seen = new Map<string, string>();
    const hashes = new Set(batch.map(({ hash }) => hash));
    for (const one of batch) {
      const key = `${one.name} ${one.version}`;
      const before = seen.get(key) ?? this.ever.get(key)?.definition.hash;
      if (before !== undefined && before !== one.hash) return false;
      seen.set(key, one.hash);
      // What is at work already needs nothing more, even with new words.
      const known = this.ever.get(key);
      if (known?.live === true && JSON.stringify(known.definition) === JSON.stringify(one)) continue;
      if (one.dependsOn.some((hash) => !hashes.has(hash) && !this.live(hash))) return false;
    }
    return true;
  }

  live(hash: string): boolean {
    return [...this.ever.values()].some(({ definition, live }) => live && definition.hash === hash);
  }

  apply(batch: readonly Definition[]): void {
    const done = new Set<string>();
    for (const one of batch) {
      const key = `${one.name} ${one.version}`;
      if (!done.has(key)) this.ever.set(key, { definition: one, live: true });
      done.add(key);
    }
  }

  /** Whether a name can go: no other live definition needs a meaning that would have no name left. */
  lets(name: string): boolean {
    const rest = [...this.ever.values()].filter((one) => one.live && one.definition.name !== name);
    const hashes = new Set(rest.map(({ definition }) => definition.hash));
    const gone = [...this.ever.values()].filter((one) => one.live && one.definition.name === name);
    return gone.every(
      ({ definition: { hash } }) =>
        hashes.has(hash) || !rest.some(({ definition }) => definition.dependsOn.includes(hash)),
    );
  }

  remove(name: string): boolean {
    const gone = [...this.ever.values()].filter((one) => one.live && one.definition.name === name);
    for (const one of gone) one.live = false;
    return gone.length > 0;
  }

  standing(): string[] {
    return [...this.ever.values()]
      .filter(({ live }) => live)
      .map(({ definition: { kind, name, version, hash } }) => `${kind} ${name} ${version} ${hash}`)
      .sort();
  }
}

async function followsModel(open: OpenLedger): Promise<void> {
  const steps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: documents.map((batch) => ({ batch })) },
      { weight: 1, arbitrary: fc.constantFrom("a", "b", "c", "d").map((remove) => ({ remove })) },
    ),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      await withLedger(open, async (ledger) => {
        const model = new Model();
        for (const step of script) {
          if ("batch" in step) {
            const plan = await ledger.definitions.plan(step.batch);
            equal(plan.refused, !model.accepts(step.batch), JSON.stringify(plan.changes));
            if (plan.refused) {
              await refusedWithoutTrace(
                ledger,
                () => ledger.definitions.apply(step.batch),
                "definition_conflict",
              );
            } else {
              deepEqual((await ledger.definitions.apply(step.batch, { plan })).changes, plan.changes);
              model.apply(step.batch);
              const again = await ledger.definitions.plan(step.batch);
              ok(again.changes.every(({ change }) => change === "unchanged"));
              const before = await ledger.fingerprint();
              await ledger.definitions.apply(step.batch);
              equal(await ledger.fingerprint(), before);
            }
          } else {
            const remove: DefinitionRef[] = [{ kind: "feature", name: step.remove }];
            const isThere = model.standing().some((line) => line.startsWith(`feature ${step.remove} `));
            if (!isThere)
              await refusedWithoutTrace(ledger, () => ledger.definitions.apply([], { remove }), "not_found");
            else if (model.lets(step.remove)) {
              await ledger.definitions.apply([], { remove });
              model.remove(step.remove);
            } else {
              await refusedWithoutTrace(
                ledger,
                () => ledger.definitions.apply([], { remove }),
                "definition_conflict",
              );
            }
          }
          deepEqual(await standing(ledger), model.standing());
        }
      });
    }),
    { numRuns: 60 },
  );
}

export function definitionCases(open: OpenLedger): readonly Case[] {
  return [
    {
      name: "definitions follow a simple model through any sequence of changes",
      run: () => followsModel(open),
    },

    onLedger(open, "applying twice changes nothing", async (ledger) => {
      deepEqual(changesOf(await ledger.definitions.apply(chain)), ["added", "added", "added"]);
      const head = await ledger.timeline.head();
      const fingerprint = await ledger.fingerprint();
      deepEqual(changesOf(await ledger.definitions.apply(chain)), ["unchanged", "unchanged", "unchanged"]);
      deepEqual(await ledger.timeline.head(), head);
      equal(await ledger.fingerprint(), fingerprint);
    }),

    onLedger(
      open,
      "the same name with another meaning is refused, and nothing of its batch is kept",
      async (ledger) => {
        await ledger.definitions.apply(chain);
        const other = definition("feature", "delay_mean", "median of delay", [source.hash]);
        const fresh = definition("feature", "delay_max", "max of delay", [source.hash]);
        const error = await refusedWithoutTrace(
          ledger,
          () => ledger.definitions.apply([fresh, other]),
          "definition_conflict",
        );
        ok(error.next?.includes("version 2"), error.next);
        deepEqual(changesOf(await ledger.definitions.apply([{ ...other, version: 2 }])), ["added"]);
        equal(there(await ledger.definitions.get({ kind: "feature", name: "delay_mean" })).version, 2);
        const versions = await ledger.definitions.versions({ kind: "feature", name: "delay_mean" });
        deepEqual(
          versions.map(({ version }) => version),
          [1, 2],
        );
      },
    ),

    onLedger(open, "two names with one meaning are known to be the same", async (ledger) => {
      await ledger.definitions.apply(chain);
      const twin = { ...feature, name: "mean_delay" };
      const [change] = (await ledger.definitions.plan([twin])).changes;
      equal(change?.change, "same-meaning");
      deepEqual(change?.change === "same-meaning" && change.sameAs, [
        { kind: "feature", name: "delay_mean", version: 1 },
      ]);
      await ledger.definitions.apply([twin]);
      const names = (await ledger.definitions.byHash(feature.hash)).map(({ name }) => name);
      deepEqual(names.sort(), ["delay_mean", "mean_delay"]);
      // One of two names can go although the meaning is needed.
      await ledger.definitions.apply([], { remove: [{ kind: "feature", name: "delay_mean" }] });
    }),

    onLedger(
      open,
      "other words for the same meaning are kept, and both can be read",
      async (ledger, { now }) => {
        await ledger.definitions.apply(chain);
        const before = now() + 1;
        const worded = { ...feature, document: { words: "mean of delay", owner: "ops" } };
        deepEqual(changesOf(await ledger.definitions.apply([worded])), ["updated"]);
        deepEqual(there(await ledger.definitions.get(feature)).document, worded.document);
        const { items } = await ledger.definitions.list({ name: "delay_mean", asOf: before });
        deepEqual(
          items.map(({ document }) => document),
          [feature.document],
        );
      },
    ),

    onLedger(open, "a definition built on one that is not there is refused", async (ledger) => {
      await refusedWithoutTrace(ledger, () => ledger.definitions.apply([feature]), "definition_conflict");
      await ledger.definitions.apply([view, feature, source]);
    }),

    onLedger(open, "a circle of definitions is refused", async (ledger) => {
      const one = definition("feature", "one", "one", [hashOf("feature two")]);
      const two = definition("feature", "two", "two", [hashOf("feature one")]);
      await refusedWithoutTrace(ledger, () => ledger.definitions.apply([one, two]), "invalid_definition");
      const self = definition("feature", "self", "self", [hashOf("feature self")]);
      await refusedWithoutTrace(ledger, () => ledger.definitions.apply([self]), "invalid_definition");
    }),

    onLedger(open, "what another definition is built on is not removed", async (ledger, { now }) => {
      await ledger.definitions.apply(chain);
      const remove = [{ kind: "feature", name: "delay_mean" }];
      const error = await refusedWithoutTrace(
        ledger,
        () => ledger.definitions.apply([], { remove }),
        "definition_conflict",
      );
      ok(error.found?.includes("view is_late v1"), error.found);
      const before = now() + 1;
      await ledger.definitions.apply([], { remove: [...remove, { kind: "view", name: "is_late" }] });
      equal(await ledger.definitions.get({ kind: "feature", name: "delay_mean" }), undefined);
      ok(there(await ledger.definitions.get({ kind: "feature", name: "delay_mean", version: 1 })).removedAt);
      equal((await ledger.definitions.list()).items.length, 1);
      equal((await ledger.definitions.list({ asOf: before })).items.length, 3);
      equal((await ledger.definitions.list({ presence: "removed" })).items.length, 2);
      deepEqual(changesOf(await ledger.definitions.apply(chain)), ["unchanged", "restored", "restored"]);
      equal(
        there(await ledger.definitions.get({ kind: "feature", name: "delay_mean" })).removedAt,
        undefined,
      );
    }),

    onLedger(
      open,
      "definitions as of a moment are those of the ledger as of that moment",
      async (ledger, { now }) => {
        const moments = [now()];
        const act = async (change: Promise<unknown>): Promise<void> => {
          await change;
          // Exactly at a change it is not known yet; a microsecond later it is.
          moments.push(now(), now() + 1);
        };
        await act(ledger.definitions.apply([source, feature]));
        await act(ledger.definitions.apply([{ ...feature, document: { words: "reworded" } }]));
        await act(ledger.definitions.apply([], { remove: [{ kind: "feature", name: "delay_mean" }] }));
        await act(ledger.definitions.apply([feature]));
        for (const moment of moments) {
          const past = await ledger.asOf(moment);
          const { items } = await ledger.definitions.list({ asOf: moment });
          deepEqual(items, (await past.definitions.list()).items);
          await past.close();
        }
      },
    ),

    onLedger(open, "what a deployment stands on is not removed while it is at work", async (ledger) => {
      await ledger.definitions.apply(chain);
      const hash = hashOf("rows");
      await ledger.datasets.freeze({
        name: "late",
        hash,
        schema: [],
        rows: 0,
        files: [],
        spine: {},
        viewHash: view.hash,
      });
      await ledger.models.register({ name: "late", hash: hashOf("model"), datasetHash: hash });
      const { id } = await ledger.deployments.start({
        name: "late",
        role: "champion",
        model: "late",
        version: 1,
      });
      const remove = chain.map(({ kind, name }) => ({ kind, name }));
      const error = await refusedWithoutTrace(
        ledger,
        () => ledger.definitions.apply([], { remove }),
        "definition_conflict",
      );
      ok(error.found?.includes("deployment late"), error.found);
      await ledger.deployments.stop(id);
      await ledger.definitions.apply([], { remove });
    }),

    onLedger(open, "pruning removes the names the documents leave out", async (ledger) => {
      await ledger.definitions.apply(chain);
      const plan = await ledger.definitions.apply([source], { prune: true });
      deepEqual(changesOf(plan), ["unchanged", "removed", "removed"]);
      equal((await ledger.definitions.list()).items.length, 1);
    }),

    onLedger(open, "a plan that has become old is not carried out", async (ledger) => {
      const plan = await ledger.definitions.plan(chain);
      await ledger.experiments.create({ name: "unrelated" });
      await ledger.definitions.apply([source]);
      await refusedWithoutTrace(ledger, () => ledger.definitions.apply(chain, { plan }), "conflict");
    }),

    onLedger(open, "definitions are found by a part of their name", async (ledger) => {
      await ledger.definitions.apply(chain);
      const names = async (search: string) =>
        (await ledger.definitions.list({ search })).items.map(({ name }) => name);
      deepEqual(await names("LAY_"), ["delay_mean"]);
      deepEqual(await names("l%"), []);
    }),
  ];
}
