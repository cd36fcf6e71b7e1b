import { catalog, count, entity, last, max, mean, source, sum, t } from "@pawl/core";

export const payers = 5000;

const payer = entity("payer", { key: t.int });

const payments = source("payments", {
  columns: { id: t.int, payer, at: t.timestamp, amount: t.int },
  eventTime: "at",
  key: ["id"],
});

const ofPayer = payments.by("payer").features(
  (f) => ({
    last_amount: last(f.amount),
    payments_1h: count().over("1h"),
    paid_1d: sum(f.amount).over("1d"),
    mean_7d: mean(f.amount).over("7d"),
    largest_7d: max(f.amount).over("7d"),
  }),
  { name: "of_payer" },
);

export const definitions = catalog([ofPayer]);

const start = Date.UTC(2024, 0, 1) * 1000;
const second = 1_000_000;

/** The n-th payment, one a second: the same in every language. */
export const payment = (n: number): { id: number; payer: number; at: number; amount: number } => ({
  id: n,
  payer: (n * 7919) % payers,
  at: start + n * second,
  amount: (n * 104_729) % 100_003,
});

/** A moment after the n-th payment. */
export const after = (n: number): number => start + (n + 1) * second;
