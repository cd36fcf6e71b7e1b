import { canonicalJson } from "../canonical-json.ts";
import { entryHash } from "../entry-hash.ts";
import type { Ledger } from "../ledger.ts";
import type { TimelineEntry } from "../timeline.ts";
import {
  type Case,
  collected,
  deepEqual,
  equal,
  everyPage,
  ok,
  onLedger,
  type OpenLedger,
  refused,
  refusedWithoutTrace,
  there,
} from "./case.ts";

async function someHappenings(ledger: Ledger): Promise<void> {
  const ada = ledger.as({ kind: "person", name: "ada" });
  for (let index = 0; index < 7; index += 1) {
    await (index % 2 === 0 ? ada : ledger).timeline.record({
      kind: index % 3 === 0 ? "patch.applied" : "patch.reverted",
      subject: { kind: "model", name: index < 4 ? "late" : "fraud", version: 1 + (index % 2) },
      payload: { index },
    });
  }
  await ledger.timeline.record({ kind: "patchwork.made", subject: { kind: "quilt", name: "late" } });
}

export function timelineCases(open: OpenLedger): readonly Case[] {
  return [
    onLedger(open, "entries are numbered, dated, signed and chained", async (ledger) => {
      await someHappenings(ledger);
      const entries = await collected(ledger.timeline.entries());
      deepEqual(
        entries.map(({ id }) => id),
        [1, 2, 3, 4, 5, 6, 7, 8],
      );
      deepEqual(entries[0]?.actor, { kind: "person", name: "ada" });
      deepEqual(entries[1]?.actor, ledger.actor);
      equal(new Set(entries.map(({ hash }) => hash)).size, 8);
      const last = there(entries.at(-1));
      deepEqual(await ledger.timeline.head(), { id: last.id, hash: last.hash });
      deepEqual(await ledger.timeline.get(8), last);
      equal(await ledger.timeline.get(9), undefined);
      deepEqual(await ledger.timeline.verify(), {
        intact: true,
        checked: 8,
        head: { id: last.id, hash: last.hash },
      });
    }),

    onLedger(open, "entries are found by subject, kind, actor and time", async (ledger) => {
      await someHappenings(ledger);
      const ids = async (query: Parameters<Ledger["timeline"]["query"]>[0]): Promise<number[]> =>
        (await ledger.timeline.query(query)).items.map(({ id }) => id);
      deepEqual(await ids({ subject: { kind: "model", name: "late" } }), [1, 2, 3, 4]);
      deepEqual(await ids({ subject: { name: "late" } }), [1, 2, 3, 4, 8]);
      deepEqual(await ids({ subject: { kind: "model", version: 2 } }), [2, 4, 6]);
      deepEqual(await ids({ kinds: ["patch.applied"] }), [1, 4, 7]);
      deepEqual(await ids({ kinds: ["patch.*"], order: "desc" }), [7, 6, 5, 4, 3, 2, 1]);
      deepEqual(await ids({ kinds: [] }), []);
      deepEqual(await ids({ actor: { name: "ada" } }), [1, 3, 5, 7]);
      const third = there(await ledger.timeline.get(3));
      deepEqual(await ids({ from: third.at }), [3, 4, 5, 6, 7, 8]);
      deepEqual(await ids({ until: third.at }), [1, 2]);
    }),

    onLedger(open, "pages of any size hold every entry once, and fit only their question", async (ledger) => {
      await someHappenings(ledger);
      for (const order of ["asc", "desc"] as const) {
        for (const limit of [1, 3, 8, 9]) {
          const found = await everyPage((page) => ledger.timeline.query({ order, limit, ...page }));
          const ids = found.map(({ id }) => id);
          deepEqual(ids, order === "asc" ? [1, 2, 3, 4, 5, 6, 7, 8] : [8, 7, 6, 5, 4, 3, 2, 1]);
        }
      }
      const { next } = await ledger.timeline.query({ limit: 2 });
      await refused(ledger.timeline.query({ limit: 2, order: "desc", cursor: there(next) }), "invalid_input");
      await refused(ledger.timeline.query({ cursor: "not a cursor" }), "invalid_input");
      await refused(ledger.timeline.query({ limit: 0 }), "invalid_input");
      await refused(ledger.timeline.query({ limit: 1_001 }), "invalid_input");
    }),

    onLedger(
      open,
      "time on the timeline never steps back, whatever the clock does",
      async (ledger, { set, now }) => {
        await ledger.experiments.create({ name: "before" });
        const first = there(await ledger.timeline.get(1));
        set(now() - 3_600_000_000);
        await ledger.experiments.create({ name: "after" });
        const second = there(await ledger.timeline.get(2));
        equal(second.at, first.at);
        equal((await ledger.timeline.verify()).intact, true);
      },
    ),

    onLedger(open, "entries that change tables are written by their own methods only", async (ledger) => {
      const forged = { kind: "model.registered", subject: { kind: "model", name: "late" }, payload: {} };
      await refusedWithoutTrace(ledger, () => ledger.timeline.record(forged), "invalid_input");
    }),

    onLedger(open, "what JSON cannot carry is refused", async (ledger) => {
      const payload = { score: Number.NaN };
      await refusedWithoutTrace(
        ledger,
        () => ledger.timeline.record({ kind: "odd.thing", subject: { kind: "odd", name: "odd" }, payload }),
        "invalid_input",
      );
    }),

    onLedger(open, "a head noted earlier shows that entries were taken from the end", async (ledger) => {
      await someHappenings(ledger);
      const head = await ledger.timeline.head();
      equal((await ledger.timeline.verify({ since: head })).intact, true);
      const longer = await ledger.timeline.verify({ since: { id: 9, hash: head.hash } });
      deepEqual([longer.intact, longer.broken?.id], [false, 9]);
      const other = await ledger.timeline.verify({ since: { id: 4, hash: head.hash } });
      deepEqual([other.intact, other.broken?.id], [false, 4]);
    }),

    {
      name: "replay refuses entries that do not continue the timeline",
      run: async () => {
        const entries: TimelineEntry[] = [];
        await onLedger(open, "", async (ledger) => {
          await someHappenings(ledger);
          entries.push(...(await collected(ledger.timeline.entries())));
        }).run();
        await onLedger(open, "", async (ledger) => {
          const [first, second, third] = entries;
          await refusedWithoutTrace(ledger, () => ledger.timeline.replay([there(second)]), "conflict");
          const forged = { ...there(second), payload: { index: 100 } };
          await refusedWithoutTrace(ledger, () => ledger.timeline.replay([there(first), forged]), "conflict");
          deepEqual(await ledger.timeline.replay([there(first), there(second)]), { added: 2 });
          deepEqual(await ledger.timeline.replay(entries.slice(0, 3)), { added: 1 });
          await refusedWithoutTrace(
            ledger,
            () => ledger.timeline.replay([{ ...there(third), hash: there(second).hash }]),
            "conflict",
          );
          // Well chained, but from before the entry in front of it.
          const old = { ...there(entries[3]), at: there(third).at - 1 };
          const hash = entryHash(there(third).hash, old, canonicalJson(old.payload));
          await refusedWithoutTrace(ledger, () => ledger.timeline.replay([{ ...old, hash }]), "conflict");
          ok((await ledger.timeline.verify()).intact);
        }).run();
      },
    },
  ];
}
