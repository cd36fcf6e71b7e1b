import { PawlError } from "@pawl/core";
import type { ModelStage, ModelVersion, RegisteredModel } from "@pawl/ledger";
import { z } from "zod";
import type { Desk } from "./desk.ts";
import { noted } from "./model-source.ts";
import { listed, millisOf, requiredText } from "./wire-values.ts";

const wireStage: Readonly<Record<ModelStage, string>> = {
  candidate: "None",
  staging: "Staging",
  production: "Production",
  archived: "Archived",
};

/** "Staging", in any case, as the ledger says it. */
export function stageOf(word: string): ModelStage {
  for (const [stage, name] of Object.entries(wireStage)) {
    if (name.toLowerCase() === word.toLowerCase()) return stage as ModelStage;
  }
  throw new PawlError("invalid_input", `Invalid Model Version stage: ${word}.`, {
    expected: Object.values(wireStage).join(", "),
  });
}

export const modelName = requiredText.refine(
  (name) => name.trim() !== "" && !/[/:]/.test(name) && name !== "." && name !== "..",
  "must not hold / or :",
);

/** 1, or "1" as clients send it. */
export const versionNumber = z
  .union([z.string(), z.number()])
  .transform(Number)
  .refine((version) => Number.isSafeInteger(version), "must be an integer");

export const ofModel = { name: modelName };
export const ofVersion = { name: modelName, version: versionNumber };

export function versionOf(version: ModelVersion) {
  const runLink = noted(version, "run_link");
  return {
    name: version.name,
    version: String(version.version),
    creation_timestamp: millisOf(version.createdAt),
    last_updated_timestamp: millisOf(version.updatedAt),
    user_id: version.user,
    current_stage: wireStage[version.stage],
    description: version.description ?? "",
    source: version.source ?? "",
    run_id: version.runId ?? "",
    status: "READY",
    ...(runLink !== undefined && { run_link: runLink }),
    ...(version.loggedModelId !== undefined && { model_id: version.loggedModelId }),
    tags: listed(version.tags),
    aliases: version.aliases,
  };
}

export async function registeredModelOf(model: RegisteredModel, desk: Desk) {
  const latest = model.latest === undefined ? [] : await latestVersions(desk, model.name);
  return {
    name: model.name,
    creation_timestamp: millisOf(model.createdAt),
    last_updated_timestamp: millisOf(model.updatedAt),
    description: model.description ?? "",
    ...(latest.length > 0 && { latest_versions: latest.map(versionOf) }),
    tags: listed(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version: String(version) })),
  };
}

/** The newest live version in each of these stages. */
export async function latestVersions(
  desk: Desk,
  name: string,
  stages = Object.keys(wireStage) as readonly ModelStage[],
): Promise<readonly ModelVersion[]> {
  const latest: ModelVersion[] = [];
  for (const stage of new Set(stages)) {
    const { items } = await desk.ledger.models.searchVersions({
      filter: {
        all: [
          { field: { of: "attribute", key: "name" }, is: "=", value: name },
          { field: { of: "attribute", key: "stage" }, is: "=", value: stage },
        ],
      },
      limit: 1,
    });
    latest.push(...items);
  }
  return latest;
}

/** The registered model; a removed one does not exist for this wire. */
export async function mustFindRegistered(desk: Desk, name: string): Promise<RegisteredModel> {
  const model = await desk.ledger.models.get(name);
  if (model !== undefined && model.removedAt === undefined) return model;
  throw new PawlError("not_found", `Registered Model with name=${name} not found.`);
}

export async function mustFindVersion(desk: Desk, name: string, version: number): Promise<ModelVersion> {
  await mustFindRegistered(desk, name);
  const found = await desk.ledger.models.version({ name, version });
  if (found !== undefined && found.removedAt === undefined) return found;
  throw new PawlError("not_found", `Model Version (name=${name}, version=${version}) not found.`);
}
