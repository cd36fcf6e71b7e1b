import { PawlError, parseInstant, type InstantInput, type Work } from "@pawl/core";
import type { DatasetManifest, DataReport } from "@pawl/history";
import type { Dataset, Json, JsonObject } from "@pawl/ledger";
import { definitionHash, findModel } from "./find-model.ts";
import { pastPredictions } from "./model-features/past-predictions.ts";
import type { Ports } from "./ports.ts";

export interface FreezeDataset {
  readonly model: string;
  /** Only rows asked about in [from, until). */
  readonly from?: InstantInput;
  readonly until?: InstantInput;
  /** That many rows at most, chosen by a seeded hash: the same ones every time. */
  readonly sample?: { readonly rows: number; readonly seed: number };
  /** Default: the model's name. */
  readonly name?: string;
  /** Leaks the future; only to show what a leak would have promised. */
  readonly ignoreKnownTime?: boolean;
}

export interface FrozenDatasetResult {
  readonly dataset: Dataset;
  readonly manifest: DatasetManifest;
  readonly report: DataReport;
}

/**
 * Freezes a model's training set: every row of its spine with the features as they were known at that row's
 * moment, written as Parquet, reported on and entered in the ledger. The same definitions and data give the
 * same hash, and then the version that exists.
 */
export async function freezeDataset(
  ports: Ports,
  request: FreezeDataset,
  work: Work = {},
): Promise<FrozenDatasetResult> {
  const model = findModel(ports.catalog, request.model);
  const { from, until, sample } = request;
  if (from !== undefined && until !== undefined && parseInstant(from) >= parseInstant(until)) {
    throw new PawlError("invalid_input", "The dataset's period ends before it begins.", {
      found: `${String(from)} to ${String(until)}`,
      expected: "from before until",
    });
  }
  const range = {
    ...(from !== undefined && { from: parseInstant(from) }),
    ...(until !== undefined && { until: parseInstant(until) }),
    ...(sample && { sample }),
  };
  const spine = {
    kind: "source",
    source: model.spine,
    ...(model.where && { where: model.where }),
    ...range,
  } as const;
  const freezeOwn = async (name: string): Promise<Dataset> =>
    (await freezeDataset(ports, { model: name }, work)).dataset;
  const rows = { view: model.view, spine, asOf: model.asOf };
  const predictions = await pastPredictions(ports, rows, freezeOwn, work);
  const manifest = await ports.history.freezeDataset(
    {
      model,
      predictions,
      groups: ports.catalog.groups,
      directory: ports.datasetFolder,
      ...range,
      ...(request.ignoreKnownTime && { ignoreKnownTime: true }),
    },
    work,
  );
  const report = await ports.history.report(manifest.file.path, {}, work);
  const dataset = await ports.ledger.datasets.freeze({
    name: request.name ?? request.model,
    hash: manifest.hash,
    schema: manifest.columns.map(({ name, kind, role }) => ({ name, type: kind, role })),
    rows: manifest.rows,
    files: [
      {
        uri: manifest.file.path,
        sha256: manifest.file.sha256,
        bytes: manifest.file.bytes,
        rows: manifest.rows,
      },
    ],
    spine: { ...manifest.spine, ignoreKnownTime: manifest.ignoreKnownTime } as JsonObject,
    viewHash: definitionHash(ports.catalog, model),
    report: report as unknown as Json,
  });
  return { dataset, manifest, report };
}
