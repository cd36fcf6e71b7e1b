import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalog, model, parquet, source, t } from "@pawl/core";
import { freezeDataset, train } from "@pawl/loop";
import { openProject, serveProject, silentLog } from "@pawl/server";
import { cacheFolder } from "../harness/places.ts";
import { writeParquet } from "../harness/parquet-file.ts";
import { pawlVersion } from "../harness/pawl-version.ts";
import { readTable } from "../harness/table-file.ts";
import { boostingSettings } from "../train-boosting/settings.ts";

/** `pawl-server <data> <port>`: a whole project: its dataset frozen, its model trained, registered and served. */
const [data = "", port = "0"] = process.argv.slice(2);
const directory = mkdtempSync(join(cacheFolder("serve-predict"), "pawl-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

const { frame, target } = readTable(data, "train");
const names = frame.columns.map(({ name }) => name);
const start = Date.UTC(2024, 0, 1) * 1000;
await writeParquet(join(directory, "games.parquet"), [
  { name: "at", type: "TIMESTAMP", values: Float64Array.from(target, (_, i) => start + i * 1_000_000) },
  { name: "won", type: "BIGINT", values: target },
  ...frame.columns.map(({ name }, c) => {
    const column = frame.columns[c];
    return {
      name,
      type: "DOUBLE",
      values: column?.kind === "numeric" ? column.values : new Float64Array(),
    } as const;
  }),
]);

const games = source("games", {
  columns: { at: t.timestamp, won: t.int, ...Object.fromEntries(names.map((name) => [name, t.float])) },
  eventTime: "at",
  from: parquet("games.parquet"),
});
const wins = model("wins", {
  spine: games,
  asOf: "at",
  label: (f) => f.won.gt(0),
  // Their names are made, so their types are not known to the compiler.
  view: names as ("at" | "won")[],
});

const project = await openProject({ directory, catalog: catalog([wins]) });
await freezeDataset(project.ports, { model: "wins" });
await train(project.ports, { model: "wins", estimator: "gradient-boosting", params: boostingSettings });
const server = await serveProject(project, { log: silentLog, port: Number(port) });
const version = await project.ports.ledger.models.version({ name: "wins", latest: true });
const file = join(directory, "model.pawl");
if (version?.blob) writeFileSync(file, await project.ports.blobs.read(version.blob));
process.on("SIGTERM", () => process.exit(0));
console.log(JSON.stringify({ url: server.url, version: pawlVersion, model: file }));
