import {
  type Catalog,
  catalog,
  count,
  entity,
  type Instant,
  last,
  PawlError,
  source,
  sum,
  t,
} from "@pawl/core";
import type { OnlineStore, Vectors } from "./present.ts";

/** How a suite opens the store under test. Opening the same `name` again must find what was there. */
export interface OnlineStoreUnderTest {
  open(
    name: string,
    options: { readonly catalog: Catalog; readonly clock: () => number },
  ): Promise<OnlineStore>;
}

export interface OnlineStoreCheck {
  readonly name: string;
  /** Throws when the store breaks its promise. */
  run(store: OnlineStoreUnderTest): Promise<void>;
}

const who = entity("who", { key: t.string });
const sales = source("sales", {
  columns: { at: t.timestamp, known: t.timestamp, id: t.int, who, amount: t.int },
  eventTime: "at",
  knownTime: "known",
  key: ["id"],
});
const recent = sales.by("who").features((f) => ({
  n: count().over("1h"),
  total: sum(f.amount).over("1h"),
  last: last(f.amount).over("1h"),
  before: last(f.amount).lagged("30m"),
}));
const ever = sales.by("who", "id").features((f) => ({ total: sum(f.amount) }), { name: "ever" });

const now = 1_700_000_000_000_000;
const minute = 60_000_000;
const clock = (): number => now;
const sale = (id: number, amount: number, minutesAgo: number, knownAgo = minutesAgo) => ({
  id,
  amount,
  at: now - minutesAgo * minute,
  known: now - knownAgo * minute,
  who: "a",
});

function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b)
    throw new PawlError("internal", `The online store breaks its promise: ${what}.`, {
      found: a,
      expected: b,
    });
}

async function read(store: OnlineStore, asOf?: number): Promise<Vectors> {
  return store.vectors("sales_by_who", [{ who: "a" }], asOf === undefined ? {} : { asOf: asOf as Instant });
}

/** The laws every online store is held to, whatever it is built on; property tests beside it compare with the oracle. */
export const onlineStoreChecks: readonly OnlineStoreCheck[] = [
  {
    name: "what was acknowledged is seen by the next read",
    run: async ({ open }) => {
      const store = await open("read-your-writes", { catalog: catalog([recent]), clock });
      for (let i = 0; i < 50; i++) {
        await store.push("sales", [sale(i, 1, 0)]);
        same("the next read", (await read(store)).values[0]?.[0], i + 1);
      }
      await store.close();
    },
  },
  {
    name: "late, tied and corrected facts give the value of the facts, not of their order",
    run: async ({ open }) => {
      const store = await open("order", { catalog: catalog([recent]), clock });
      await store.push("sales", [sale(1, 10, 5), sale(2, 20, 40), sale(3, 30, 5), sale(4, 40, 90)]);
      await store.push("sales", [sale(1, 50, 5), sale(5, 5, 61, 1)]);
      await store.remove("sales", [{ id: 3 }]);
      same("values", (await read(store)).values[0], [2, 70, 50, 20]);
      await store.close();
    },
  },
  {
    name: "at a past moment, sees what was known before it, and no more",
    run: async ({ open }) => {
      const store = await open("as-of", { catalog: catalog([recent]), clock });
      await store.push("sales", [sale(1, 1, 30, 10), sale(2, 2, 20)]);
      const at = async (ago: number, more = 0): Promise<unknown> =>
        (await read(store, now - ago * minute + more)).values[0]?.[1];
      same("before anything", await at(20), null);
      same("the instant after", await at(20, 1), 2);
      same("when it becomes known", await at(10), 2);
      same("the instant after that", await at(10, 1), 3);
      await store.close();
    },
  },
  {
    name: "a push repeated changes nothing, by key or by name, even after opening again",
    run: async ({ open }) => {
      let store = await open("again", { catalog: catalog([recent]), clock });
      const facts = [sale(1, 1, 5), sale(2, 2, 5)];
      const first = await store.push("sales", facts, { id: "one" });
      await store.close();
      store = await open("again", { catalog: catalog([recent]), clock });
      same("the same answer", await store.push("sales", facts, { id: "one" }), first);
      same("by key", (await store.push("sales", facts)).unchanged, 2);
      same("values", (await read(store)).values[0]?.slice(0, 2), [2, 3]);
      await store.close();
    },
  },
  {
    name: "a bad fact refuses its whole push",
    run: async ({ open }) => {
      const store = await open("all-or-nothing", { catalog: catalog([recent]), clock });
      const refused = await store.push("sales", [sale(1, 1, 5), { ...sale(2, 2, 5), amount: "2" }]).then(
        () => "taken",
        (error: unknown) => (error instanceof PawlError ? error.code : "another error"),
      );
      same("the refusal", refused, "invalid_input");
      same("values", (await read(store)).statuses[0]?.[0], "not_found");
      await store.close();
    },
  },
  {
    name: "a new feature is filled without gap or double count while facts come in",
    run: async ({ open }) => {
      const store = await open("backfill", { catalog: catalog([recent]), clock });
      for (let i = 0; i < 200; i += 20) {
        await store.push(
          "sales",
          Array.from({ length: 20 }, (_, j) => sale(i + j, 1, 5)),
        );
      }
      await store.applyDefinitions(catalog([recent, ever]));
      await Promise.all([
        store.push("sales", [sale(7, 70, 5), sale(500, 5, 5)]),
        store.remove("sales", [{ id: 8 }]),
        store.backfilled(),
      ]);
      const rows = [6, 7, 8, 500].map((id) => ({ who: "a", id }));
      same("values", (await store.vectors("ever", rows)).values, [[1], [70], [null], [5]]);
      await store.close();
    },
  },
  {
    name: "history gets every change, in order, with the live ones marked",
    run: async ({ open }) => {
      const store = await open("export", { catalog: catalog([recent]), clock });
      await store.push("sales", [sale(1, 1, 5), sale(2, 2, 5)]);
      await store.push("sales", [sale(1, 3, 5)]);
      const got: unknown[] = [];
      await store.exportLog(async ({ facts }) => {
        got.push(...facts.map(({ sequence, live }) => [sequence, live]));
      });
      same("changes", got, [
        [1, false],
        [2, true],
        [3, true],
      ]);
      await store.close();
    },
  },
];
