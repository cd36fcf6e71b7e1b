import { type Plan, walk } from "@pawl/core";

/** The columns a plan reads from a row: keys, what its outputs are computed from, and slots of other values. */
export function columnsRead({ lookups, outputs }: Plan): ReadonlySet<string> {
  const read = new Set(lookups.flatMap(({ columns }) => columns));
  for (const { node, onDemand } of outputs) {
    for (const root of node ? [node] : Object.values(onDemand?.inputs ?? {})) {
      walk(root, (inner) => {
        if (inner.op === "column") read.add(inner.name);
      });
    }
  }
  return read;
}
