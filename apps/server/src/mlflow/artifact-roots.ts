import { PawlError } from "@pawl/core";
import type { ArtifactOwner, Ledger } from "@pawl/ledger";

/** A file or folder of a run or a logged model. */
export interface ArtifactPlace {
  readonly owner: ArtifactOwner;
  /** Below the owner's root; "" is the root. */
  readonly path: string;
}

const scheme = "mlflow-artifacts:";
const runId = /^[0-9a-f]{32}$/;
const modelId = /^m-[0-9a-f]{32}$/;
const remembered = 20_000;

/** Where artifacts are, as clients see it: addresses of runs and models, and back. */
export class ArtifactRoots {
  readonly #ledger: Ledger;
  /** What never changes of an experiment, a run or a model; the oldest is forgotten first. */
  readonly #locations = new Map<string, string>();
  readonly #experiments = new Map<string, string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** An experiment's address: the one it was created with, or the one Pawl proxies. */
  static locationOf(experiment: { readonly id: string; readonly artifactLocation?: string }): string {
    return (experiment.artifactLocation ?? `${scheme}/${experiment.id}`).replace(/\/+$/, "");
  }

  async ofRun(run: { readonly id: string; readonly experimentId: string }): Promise<string> {
    return `${await this.#location(run.experimentId)}/${run.id}/artifacts`;
  }

  async ofModel(model: { readonly id: string; readonly experimentId: string }): Promise<string> {
    return `${await this.#location(model.experimentId)}/models/${model.id}/artifacts`;
  }

  /**
   * Whose file a proxied path such as "1/<run>/artifacts/model/MLmodel" names; undefined unless the whole
   * path in front is the root of that very run or model.
   */
  async find(path: string): Promise<ArtifactPlace | undefined> {
    const parts = path.split("/");
    for (const [index, part] of parts.entries()) {
      if (parts[index + 1] !== "artifacts") continue;
      const kind = runId.test(part) ? "run" : modelId.test(part) ? "logged-model" : undefined;
      if (kind === undefined) continue;
      const owner: ArtifactOwner = { kind, id: part };
      const experimentId = await this.#experimentOf(owner);
      if (experimentId === undefined) return undefined;
      const place = { id: part, experimentId };
      const root = kind === "run" ? await this.ofRun(place) : await this.ofModel(place);
      if (proxiedPath(root) !== parts.slice(0, index + 2).join("/")) return undefined;
      return { owner, path: parts.slice(index + 2).join("/") };
    }
    return undefined;
  }

  /** The place an address of our scheme stands for; undefined for other schemes and other places. */
  async findUri(uri: string): Promise<ArtifactPlace | undefined> {
    const path = proxiedPath(uri);
    return path === undefined ? undefined : this.find(path);
  }

  async #location(experimentId: string): Promise<string> {
    const known = this.#locations.get(experimentId);
    if (known !== undefined) return known;
    const experiment = await this.#ledger.experiments.get(experimentId);
    if (experiment === undefined) {
      throw new PawlError("not_found", `There is no experiment ${experimentId}.`);
    }
    return remember(this.#locations, experimentId, ArtifactRoots.locationOf(experiment));
  }

  async #experimentOf({ kind, id }: ArtifactOwner): Promise<string | undefined> {
    const known = this.#experiments.get(id);
    if (known !== undefined) return known;
    const found = kind === "run" ? await this.#ledger.runs.get(id) : await this.#ledger.loggedModels.get(id);
    return found === undefined ? undefined : remember(this.#experiments, id, found.experimentId);
  }
}

function remember(map: Map<string, string>, key: string, value: string): string {
  for (const oldest of map.keys()) {
    if (map.size < remembered) break;
    map.delete(oldest);
  }
  map.set(key, value);
  return value;
}

/** The path in an address of our scheme, with or without a host in it. */
export function proxiedPath(uri: string): string | undefined {
  if (!uri.startsWith(`${scheme}/`)) return undefined;
  const path = uri.slice(scheme.length).replace(/^\/\/[^/]*/, "");
  return path.replace(/^\/+/, "").replace(/\/+$/, "");
}
