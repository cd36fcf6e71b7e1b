import {
  type CellValue,
  columnKind,
  type Model,
  plan,
  type Plan,
  PawlError,
  type Task,
  type TrainedModel,
  type Value,
} from "@pawl/core";
import type { ModelVersion } from "@pawl/ledger";
import { definitionHash } from "./find-model.ts";
import { columnsRead } from "./columns-read.ts";
import type { Ports } from "./ports.ts";
import type { ServedModel } from "./serving.ts";

/** A version loaded and ready to answer. */
export interface ServedVersion {
  readonly served: ServedModel;
  readonly definition: Model;
  readonly plan: Plan;
  readonly trained: TrainedModel;
  /** binary: the probability from which the answer is true. */
  readonly threshold: number;
}

/**
 * Loads a model's champion, or its newest version where none is named champion. Refused with `conflict` when
 * the definition has changed since it was trained: its inputs would mean something else.
 */
export async function loadServed(ports: Ports, definition: Model): Promise<ServedVersion | undefined> {
  const { name } = definition;
  const champion = await ports.ledger.models.version({ name, alias: "champion" });
  const version = champion ?? (await ports.ledger.models.version({ name, latest: true }));
  if (!version?.blob) return undefined;
  checkDefinition(definitionHash(ports.catalog, definition), version);
  const trained = await ports.loadModel(await ports.blobs.read(version.blob));
  const threshold = version.document?.["threshold"];
  const planned = plan(definition.view, ports.catalog.groups);
  return {
    served: describe(definition, version, trained, planned),
    definition,
    plan: planned,
    trained,
    threshold: typeof threshold === "number" ? threshold : 0.5,
  };
}

function checkDefinition(defined: string, version: ModelVersion): void {
  const trainedFor = version.document?.["definition"];
  if (trainedFor === defined) return;
  throw new PawlError(
    "conflict",
    `Version ${version.version} of "${version.name}" was trained for another definition.`,
    {
      found: `definition ${String(trainedFor).slice(0, 12)}`,
      expected: `definition ${defined.slice(0, 12)}, the one in pawl.ts`,
      next: `Train again: pawl dataset ${version.name} && pawl train ${version.name}`,
    },
  );
}

function describe(
  definition: Model,
  version: ModelVersion,
  trained: TrainedModel,
  planned: Plan,
): ServedModel {
  const task: Task = trained.task;
  const read = new Set([definition.asOf, ...columnsRead(planned)]);
  return {
    name: definition.name,
    version: version.version,
    hash: version.hash ?? "",
    task,
    asOf: definition.asOf,
    spine: Object.entries(definition.view.spine)
      .filter(([name]) => read.has(name))
      .map(([name, column]) => ({
        name,
        kind: columnKind(column),
        ...("definition" in column && { entity: column.name }),
      })),
    inputs: definition.view.columns.map(({ name, kind }) => ({ name, kind })),
  };
}

/** A view value as a model's cell: numbers and text as they are, bigints as text. */
export function cell(value: Value): CellValue {
  if (typeof value === "bigint") return value.toString();
  return Array.isArray(value) ? null : (value as CellValue);
}
