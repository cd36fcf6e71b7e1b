import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  catalog,
  count,
  csv,
  type Definition,
  entity,
  type Estimator,
  formatInstant,
  instant,
  last,
  mean,
  model,
  seededRandom,
  since,
  source,
  sum,
  t,
} from "@pawl/core";
import { openHistory } from "@pawl/history";
import { folderBlobs, openLedger, systemSurroundings } from "@pawl/ledger";
import { estimators, loadModel } from "@pawl/trainers";
import { factLocations, FactFiles } from "../live/fact-files.ts";
import type { Ports } from "../ports.ts";

const hour = 3_600_000_000;
const start = Date.UTC(2024, 0, 1) * 1000;

/** A small shop: purchases of 40 customers, each with a temper of its own, returns known a day later. */
export const customer = entity("customer", { key: t.string });

export const purchases = source("purchases", {
  columns: {
    bought: t.timestamp,
    customer,
    amount: t.float,
    channel: t.string,
    returned: t.bool,
    settled: t.timestamp,
  },
  eventTime: "bought",
  knownTime: "settled",
  from: csv("purchases.csv"),
});

export const habits = purchases.by("customer").features((f) => ({
  purchases_30d: count().over("30d"),
  spent_30d: sum(f.amount).over("30d"),
  returned_share: mean(f.returned),
  hours_since_last: since(last(f.bought), "hours"),
}));

export const willReturn = model("will_return", {
  spine: purchases,
  asOf: "bought",
  label: (f) => f.returned,
  view: [habits, "amount", "channel"],
});

export interface Shop {
  readonly directory: string;
  readonly ports: Ports;
  close(): Promise<void>;
}

export interface ShopOptions {
  readonly rows?: number;
  /** The file's text, instead of the made-up purchases. */
  readonly text?: string;
  readonly definitions?: readonly Definition[];
}

/** A project in a temporary folder, on the real embedded stores. */
export async function openShop({
  rows = 3000,
  text,
  definitions = [willReturn],
}: ShopOptions = {}): Promise<Shop> {
  const directory = mkdtempSync(join(tmpdir(), "pawl-shop-"));
  writeFileSync(join(directory, "purchases.csv"), text ?? purchasesCsv(rows));
  const state = join(directory, ".pawl");
  const factFolder = join(state, "facts");
  const datasetFolder = join(state, "datasets");
  for (const folder of [factFolder, datasetFolder]) mkdirSync(folder, { recursive: true });
  const { clock, random } = systemSurroundings;
  const ledger = await openLedger({ file: join(state, "ledger.db"), clock, random });
  const history = await openHistory({
    root: directory,
    threads: 1,
    locate: (from) => factLocations(new FactFiles(factFolder), from),
  });
  const ports: Ports = {
    catalog: catalog(definitions),
    history,
    ledger,
    blobs: folderBlobs({ folder: join(state, "blobs") }),
    estimators: new Map(estimators.map((estimator) => [estimator.name, estimator as Estimator])),
    loadModel,
    clock: () => instant(clock()),
    random,
    datasetFolder,
    factFolder,
    environment: { pawl: "test" },
  };
  return {
    directory,
    ports,
    async close() {
      await history.close();
      await ledger.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export const csvHead = "bought,customer,amount,channel,returned,settled";

function purchasesCsv(rows: number): string {
  const random = seededRandom(42);
  const lines = [csvHead];
  for (let i = 0; i < rows; i++) {
    const who = random.below(40);
    const bought = start + i * hour + random.below(3600) * 1_000_000;
    const amount = Math.round(random.next() * 10_000) / 100;
    const channel = random.next() < 0.5 ? "shop" : "web";
    const chance = 0.05 + (who % 4) * 0.2 + (channel === "web" ? 0.1 : 0);
    const settled = bought + 24 * hour;
    const cells = [
      formatInstant(instant(bought)),
      `c${who}`,
      amount,
      channel,
      random.next() < chance,
      formatInstant(instant(settled)),
    ];
    lines.push(cells.join(","));
  }
  return `${lines.join("\n")}\n`;
}
