import { mkdir } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { type Catalog, type Estimator, instant } from "@pawl/core";
import { openHistory } from "@pawl/history";
import { folderBlobs, openLedger, systemSurroundings } from "@pawl/ledger";
import { factLocations, FactFiles, type Ports } from "@pawl/loop";
import { estimators, loadModel } from "@pawl/trainers";
import { version } from "./version.ts";

export interface ProjectOptions {
  /** The folder with the definitions; relative data paths start here, state lies in its `.pawl`. */
  readonly directory: string;
  readonly catalog: Catalog;
  /** Whom changes are put down to. Default: Pawl itself. */
  readonly actor?: { readonly kind: "person" | "system"; readonly name: string };
  /** Further folders that data may be read from. */
  readonly allow?: readonly string[];
}

/** A project opened for work: everything the verbs of the loop need. */
export interface Project {
  readonly directory: string;
  /** The folder of the project's own state. */
  readonly state: string;
  readonly ports: Ports;
  close(): Promise<void>;
}

/** Opens a project on embedded stores: the one place where parts are put together. */
export async function openProject(options: ProjectOptions): Promise<Project> {
  const directory = resolve(options.directory);
  const state = join(directory, ".pawl");
  const datasetFolder = join(state, "datasets");
  const factFolder = join(state, "facts");
  const tempDirectory = join(state, "tmp");
  await Promise.all([datasetFolder, tempDirectory].map((folder) => mkdir(folder, { recursive: true })));
  const { clock, random } = systemSurroundings;
  const ledger = await openLedger({
    file: join(state, "ledger.db"),
    clock,
    random,
    ...(options.actor && { actor: options.actor }),
  });
  const history = await openHistory({
    root: directory,
    tempDirectory,
    locate: (source) => factLocations(new FactFiles(factFolder), source),
    ...(options.allow && { allow: options.allow }),
  });
  const ports: Ports = {
    catalog: options.catalog,
    history,
    ledger,
    blobs: folderBlobs({ folder: join(state, "blobs") }),
    estimators: new Map(estimators.map((estimator) => [estimator.name, estimator as Estimator])),
    loadModel,
    clock: () => instant(clock()),
    random,
    datasetFolder,
    factFolder,
    environment: {
      pawl: version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      processors: availableParallelism(),
      memory_gb: Math.round(totalmem() / 2 ** 30),
    },
  };
  return {
    directory,
    state,
    ports,
    async close() {
      await history.close();
      await ledger.close();
    },
  };
}
