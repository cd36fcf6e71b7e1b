import { join } from "node:path";
import {
  contentHash,
  type Json,
  type Model,
  parseDuration,
  PawlError,
  plan,
  type Task,
  type View,
  type Work,
} from "@pawl/core";
import type { AsOf, Spine } from "@pawl/history";
import type { Dataset, ModelVersion } from "@pawl/ledger";
import { columnsRead } from "../columns-read.ts";
import { definitionHash, findModel } from "../find-model.ts";
import type { Ports } from "../ports.ts";
import { folderSliceCache } from "./slice-cache.ts";
import { requireColumns, slicedPredictions } from "./sliced-predictions.ts";

/** Rows that need other models' predictions: a view, and the spine to fill it for. */
export interface PastRows {
  readonly view: View;
  readonly spine: Spine;
  readonly asOf: AsOf;
}

/** Freezes a model's own training set: what its past versions learn from. */
export type FreezeOwn = (model: string) => Promise<Dataset>;

/** Time is cut into slices of this length; each has a model of its own. */
const sliceLength = parseDuration("30d");

/**
 * The predictions a view takes from other models, one array per slot of its plan, for every row of the spine.
 * Each row is answered by a version trained only on what was known before the row's slice of time began, with
 * the estimator, settings and seed of the model's newest version. Models of models are answered first.
 */
export async function pastPredictions(
  ports: Ports,
  rows: PastRows,
  freeze: FreezeOwn,
  work: Work = {},
): Promise<ReadonlyMap<string, Float64Array>> {
  const predictions = new Map<string, Float64Array>();
  for (const { slot, model } of plan(rows.view, ports.catalog.groups).models) {
    predictions.set(slot, await predictPast(ports, findModel(ports.catalog, model), rows, freeze, work));
  }
  return predictions;
}

async function predictPast(
  ports: Ports,
  inner: Model,
  rows: PastRows,
  freeze: FreezeOwn,
  work: Work,
): Promise<Float64Array> {
  const has = new Set(Object.keys(rows.view.spine));
  const needs = [...columnsRead(plan(inner.view, ports.catalog.groups))].filter((name) =>
    Object.hasOwn(inner.view.spine, name),
  );
  requireColumns(rows.view.name, inner, has, needs);
  const settings = await newestSettings(ports, inner);
  const dataset = await freeze(inner.name);
  const file = dataset.files[0]?.uri ?? "";
  const learned = await ports.history.readFrame(file, {}, work);
  const asked = { view: inner.view as View, spine: rows.spine, asOf: rows.asOf };
  const manifest = await ports.history.freezeDataset(
    {
      ...asked,
      groups: ports.catalog.groups,
      directory: ports.datasetFolder,
      predictions: await pastPredictions(ports, asked, freeze, work),
    },
    work,
  );
  const categories = learned.frame.columns.flatMap((column) =>
    column.kind === "categorical" ? [[column.name, column.categories] as const] : [],
  );
  const inputs = await ports.history.readFrame(
    manifest.file.path,
    {
      columns: learned.frame.columns.map(({ name }) => name),
      categories: Object.fromEntries(categories),
      labelledOnly: false,
    },
    work,
  );
  const task: Task = inner.task === "binary" ? { kind: "binary" } : { kind: "regression" };
  const { predictions } = await slicedPredictions(
    {
      model: inner,
      task,
      estimator: settings.estimator,
      params: settings.params,
      seed: settings.seed,
      learned,
      asked: { frame: inputs.frame, asOf: inputs.times },
      every: sliceLength,
      cache: folderSliceCache(join(ports.datasetFolder, "slices"), ports.loadModel),
      cacheKey: ({ start }) =>
        contentHash({
          definition: definitionHash(ports.catalog, inner),
          dataset: dataset.hash,
          estimator: settings.estimator.name,
          params: settings.params as Json,
          seed: settings.seed,
          start,
        }),
    },
    work,
  );
  return predictions;
}

async function newestSettings(
  ports: Ports,
  inner: Model,
): Promise<{
  readonly estimator: NonNullable<ReturnType<Ports["estimators"]["get"]>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
}> {
  const version = await ports.ledger.models.version({ name: inner.name, latest: true });
  const estimator = ports.estimators.get(String(version?.document?.["estimator"]));
  if (!version || !estimator) {
    throw new PawlError("not_found", `"${inner.name}" is a feature here, but has never been trained.`, {
      next: `Train it first: pawl dataset ${inner.name} && pawl train ${inner.name}`,
    });
  }
  const { params, seed } = await runSettings(ports, version);
  return { estimator, params, seed };
}

async function runSettings(
  ports: Ports,
  version: ModelVersion,
): Promise<{ readonly params: Readonly<Record<string, unknown>>; readonly seed: number }> {
  const run = version.runId === undefined ? undefined : await ports.ledger.runs.get(version.runId);
  const given = Object.entries(run?.params ?? {}).filter(([name]) => name !== "estimator");
  return {
    params: Object.fromEntries(given.map(([name, text]) => [name, parsed(text)])),
    seed: run?.seed ?? 1,
  };
}

/** Settings are kept as text: JSON where they are no text themselves. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
