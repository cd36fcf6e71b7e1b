import { type Catalog, catalog, count, entity, last, max, source, sum, t, type Value } from "@pawl/core";
import type { FactInput, Present } from "../present.ts";

/** Lanes push side by side, each one operation after another; of each at most one is unanswered at a time. */
export const lanes = 4;

const customer = entity("customer", { key: t.string });

/** Facts with a key: corrected and removed on the way. */
const orders = source("orders", {
  columns: { id: t.string, at: t.timestamp, who: customer, amount: t.int },
  eventTime: "at",
  key: ["id"],
});
/** Facts without: only the name of the push keeps them from being taken twice. */
const visits = source("visits", { columns: { at: t.timestamp, who: customer, n: t.int }, eventTime: "at" });

const totals = orders.by("who").features((f) => ({ n: count(), total: sum(f.amount) }));
const steps = visits.by("who").features((f) => ({ n: count(), total: sum(f.n) }));
/** More columns: another index, filled from the log. */
const wider = orders
  .by("who")
  .features((f) => ({ n: count(), total: sum(f.amount), last: last(f.id), most: max(f.amount) }), {
    name: "orders_by_who",
  });

/** Definitions come and go, so that a kill also hits backfills. */
export const catalogs: readonly Catalog[] = [catalog([totals, steps]), catalog([wider, steps])];

export const start = 1_700_000_000_000_000;

export interface Operation {
  readonly kind: "push" | "remove";
  readonly source: "orders" | "visits";
  readonly facts: readonly FactInput[];
}

/** The n-th operation of a lane: always the same. */
export function operation(lane: number, n: number): Operation {
  const chance = chances(lane * 1_000_003 + n * 7919 + 1);
  const who = (): string => `${lane}-${chance(5)}`;
  const at = (): number => start + chance(1_000_000);
  const size = 1 + chance(chance(4) === 0 ? 120 : 12);
  const kind = chance(10);
  if (kind < 4) {
    const facts = Array.from({ length: size }, (_, i) => ({ at: at(), who: who(), n: n * 1000 + i }));
    return { kind: "push", source: "visits", facts };
  }
  // Few keys, so that most pushes correct something.
  const id = (): string => `${lane}/${chance(60)}`;
  if (kind < 9) {
    const facts = Array.from({ length: size }, () => ({
      id: id(),
      at: at(),
      who: who(),
      amount: chance(1000),
    }));
    return { kind: "push", source: "orders", facts };
  }
  return {
    kind: "remove",
    source: "orders",
    facts: Array.from({ length: 1 + chance(9) }, () => ({ id: id() })),
  };
}

export async function perform(present: Present, lane: number, n: number): Promise<void> {
  const { kind, source, facts } = operation(lane, n);
  const id = `${lane}:${n}`;
  if (kind === "push") await present.push(source, facts, { id });
  else await present.remove(source, facts, { id });
}

/** What a lane's first operations must have left behind. */
export class LaneModel {
  readonly orders = new Map<string, FactInput>();
  readonly visits: FactInput[] = [];
  private readonly lane: number;
  done = 0;

  constructor(lane: number) {
    this.lane = lane;
  }

  advance(to: number): this {
    for (; this.done < to; this.done++) {
      const { kind, source, facts } = operation(this.lane, this.done);
      for (const fact of facts) {
        if (source === "visits") this.visits.push(fact);
        else if (kind === "push") this.orders.set(String(fact["id"]), fact);
        else this.orders.delete(String(fact["id"]));
      }
    }
    return this;
  }

  /** Every fact as one line, sorted. */
  lines(): string[] {
    const orderLines = [...this.orders.values()].map((fact) => line("orders", fact));
    return [...orderLines, ...this.visits.map((fact) => line("visits", fact))].sort();
  }

  /** [count, sum] of a customer's orders and visits. */
  features(who: string): [number, number | null, number, number | null] {
    const mine = (facts: Iterable<FactInput>): FactInput[] =>
      [...facts].filter((fact) => fact["who"] === who);
    const total = (facts: readonly FactInput[], column: string): number | null =>
      facts.length === 0 ? null : facts.reduce((sum, fact) => sum + (fact[column] as number), 0);
    const [o, v] = [mine(this.orders.values()), mine(this.visits)];
    return [o.length, total(o, "amount"), v.length, total(v, "n")];
  }
}

export function line(source: string, fact: Readonly<Record<string, unknown>>): string {
  const columns = source === "orders" ? ["id", "at", "who", "amount"] : ["at", "who", "n"];
  return `${source} ${columns.map((column) => String(fact[column] as Value)).join(" ")}`;
}

/** A small repeatable generator (mulberry32, public domain, T. Ettinger 2017). */
export function chances(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}
