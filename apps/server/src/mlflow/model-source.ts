import { PawlError } from "@pawl/core";
import type { ArtifactOwner, JsonObject, ModelVersion } from "@pawl/ledger";
import { proxiedPath } from "./artifact-roots.ts";
import type { Desk } from "./desk.ts";
import { mustFindRun } from "./run-wire.ts";

/** What a version's `source` comes to. */
export interface ModelSource {
  /** As it is kept and shown. */
  readonly source: string;
  /** Where the files are: what `get-download-uri` answers. */
  readonly storage: string;
  readonly runId?: string;
  readonly modelId?: string;
  /** Files that are here, and not in somebody's bucket. */
  readonly files?: { readonly owner: ArtifactOwner; readonly path: string };
}

function refuse(what: string, uri: string, expected: string, next?: string): never {
  throw new PawlError("invalid_input", `Invalid ${what}: '${uri.slice(0, 300)}'.`, {
    expected,
    ...(next !== undefined && { next }),
  });
}

/** Percent signs and plus signs resolved until nothing changes; `undefined` when that takes too long. */
function unfolded(text: string): string | undefined {
  let current = text;
  for (let round = 0; round < 10; round += 1) {
    const next = current
      .replaceAll("+", " ")
      .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === current) return current;
    current = next;
  }
  return undefined;
}

/** Refuses what could lead out of the place it names: `..` under any encoding, NUL, back-slashes, # and ?..=. */
function checkUri(what: string, uri: string): void {
  const plain = unfolded(uri);
  const bad =
    plain === undefined ||
    uri.length > 2_000 ||
    /[\p{Cc}\\]/u.test(plain) ||
    plain.includes("#") ||
    plain.split(/[/?&=;]/).some((part) => part === ".." || part === ".");
  if (bad) refuse(what, uri, "an absolute address without relative parts, fragments and control characters");
}

/**
 * An experiment's artifact location: any address; Pawl itself opens none but its own. Clients write there by
 * themselves.
 */
export function checkLocation(uri: string): void {
  checkUri("artifact_location", uri);
  if (/^(runs|models):/i.test(uri))
    refuse("artifact_location", uri, "an address of a store, not of a run or model");
}

/** Stores that clients read by themselves. */
const remote =
  /^(s3|s3a|gs|wasbs?|abfss?|adl|hdfs|viewfs|dbfs|https?|ftp|sftp|r2|b2|azureml|oci|uc):\/{1,3}[^/?#]+/i;

/**
 * What a version is made from. A source is a logged model, a registered version, a run's files, our own
 * artifact address inside the run or model it claims, or a store elsewhere; never a path on a disk.
 */
export async function resolveSource(
  desk: Desk,
  asked: { readonly source: string; readonly runId?: string; readonly modelId?: string },
): Promise<ModelSource> {
  const { source } = asked;
  checkUri("model version source", source);
  if (source.startsWith("models:/")) return fromModels(desk, asked);
  if (source.startsWith("runs:/")) return fromRuns(desk, asked);
  if (proxiedPath(source) !== undefined) return fromArtifacts(desk, asked);
  if (!remote.test(source)) {
    refuse(
      "model version source",
      source,
      "models:/…, runs:/…, mlflow-artifacts:/… or the address of a remote store",
      "A path on a disk is nobody else's to read: log the model to a run first.",
    );
  }
  if (/\/mlflow-artifacts\/artifacts(\/|$)/.test(unfolded(source) ?? "")) {
    refuse("model version source", source, "the mlflow-artifacts:/ address of a run's or model's files");
  }
  return { ...idsOf(asked), source, storage: source };
}

const idsOf = ({ runId, modelId }: { readonly runId?: string; readonly modelId?: string }) => ({
  ...(runId !== undefined && { runId }),
  ...(modelId !== undefined && { modelId }),
});

type Asked = Parameters<typeof resolveSource>[1];

function checkSame(source: string, name: string, given: string | undefined, found: string | undefined): void {
  if (given === undefined || given === found) return;
  refuse("model version source", source, `${name} to be that of the source, ${found ?? "none"}`);
}

async function fromModels(desk: Desk, asked: Asked): Promise<ModelSource> {
  const { source } = asked;
  const [, id] = /^models:\/+(m-[0-9a-f]{32})\/?$/.exec(source) ?? [];
  if (id !== undefined) {
    const model = await desk.ledger.loggedModels.get(id);
    if (model === undefined) {
      throw new PawlError("not_found", `Logged model with ID '${id}' not found.`);
    }
    checkSame(source, "model_id", asked.modelId, id);
    const runId = asked.runId ?? model.sourceRunId;
    return {
      source,
      modelId: id,
      ...(runId !== undefined && { runId }),
      storage: await desk.roots.ofModel(model),
      files: { owner: { kind: "logged-model", id }, path: "" },
    };
  }
  const [, name, version, alias] = /^models:\/+([^/@]+)(?:\/(\d{1,9})|@([\w-]+))$/.exec(source) ?? [];
  if (name === undefined) {
    return refuse(
      "model version source",
      source,
      "models:/m-<id>, models:/<name>/<version> or models:/<name>@<alias>",
    );
  }
  const found = await desk.ledger.models.version(
    version === undefined ? { name, alias: alias ?? "" } : { name, version: Number(version) },
  );
  if (found === undefined || found.removedAt !== undefined) {
    throw new PawlError("not_found", `There is no registered version ${source}.`);
  }
  checkSame(source, "run_id", asked.runId, found.runId);
  checkSame(source, "model_id", asked.modelId, found.loggedModelId);
  const storage = storageOf(found);
  const files = await desk.roots.findUri(storage);
  return {
    source: `models:/${name}/${found.version}`,
    storage,
    ...(found.runId !== undefined && { runId: found.runId }),
    ...(found.loggedModelId !== undefined && { modelId: found.loggedModelId }),
    ...(files && { files }),
  };
}

async function fromRuns(desk: Desk, asked: Asked): Promise<ModelSource> {
  const { source } = asked;
  const [, id, path = ""] = /^runs:\/+([0-9a-f]{32})(?:\/(.*))?$/.exec(source) ?? [];
  if (id === undefined) return refuse("model version source", source, "runs:/<run id>/<path>");
  checkSame(source, "run_id", asked.runId, id);
  const root = await desk.roots.ofRun(await mustFindRun(desk, id));
  const storage = path === "" ? root : `${root}/${path}`;
  const files = await desk.roots.findUri(storage);
  return { ...idsOf(asked), runId: id, source, storage, ...(files && { files }) };
}

async function fromArtifacts(desk: Desk, asked: Asked): Promise<ModelSource> {
  const { source } = asked;
  const files = await desk.roots.findUri(source);
  if (files === undefined) {
    return refuse(
      "model version source",
      source,
      "an address within the artifacts of a run or a logged model",
    );
  }
  const { kind, id } = files.owner;
  const claimed = kind === "run" ? asked.runId : asked.modelId;
  if (claimed !== id) {
    refuse(
      "model version source",
      source,
      `${kind === "run" ? "run_id" : "model_id"} to name what contains it, ${id}`,
    );
  }
  return { ...idsOf(asked), source, storage: source, files };
}

/** What this wire noted of a version when it was registered. */
export function noted(
  version: Pick<ModelVersion, "document">,
  key: "storage" | "run_link",
): string | undefined {
  const notes = version.document?.["mlflow"];
  if (typeof notes !== "object" || notes === null || Array.isArray(notes)) return undefined;
  const value = (notes as JsonObject)[key];
  return typeof value === "string" ? value : undefined;
}

/** Where a version's files are. */
export function storageOf(version: ModelVersion): string {
  return noted(version, "storage") ?? version.source ?? "";
}
