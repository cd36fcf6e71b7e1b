import type { Catalog } from "@pawl/core";
import type { OnlineStore } from "@pawl/present";

/** The live side of a project: facts go in, feature values come out. */
export interface Live {
  readonly catalog: Catalog;
  readonly present: OnlineStore;
  /** Reads a source's own files into the present, unless that has been done. */
  catchUp(source: string, signal?: AbortSignal): Promise<void>;
}
