import { PawlError, type Source } from "@pawl/core";
import type { Ports } from "./ports.ts";

/** A source by name; `not_found` lists what there is. */
export function findSource(ports: Ports, name: string): Source {
  const found = ports.catalog.sources.get(name);
  if (found) return found;
  throw new PawlError("not_found", `There is no source "${name}".`, {
    found: name,
    expected: `one of ${[...ports.catalog.sources.keys()].join(", ")}`,
  });
}
