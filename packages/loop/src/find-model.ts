import { type Catalog, type Model, PawlError } from "@pawl/core";

/** The definition of a model by name; `not_found` lists what there is. */
export function findModel(catalog: Catalog, name: string): Model {
  const found = catalog.models.get(name);
  if (found) return found;
  const names = [...catalog.models.keys()];
  throw new PawlError("not_found", `There is no model "${name}" in the definitions.`, {
    found: name,
    expected: names.length === 0 ? "a model; none is defined yet" : `one of ${names.join(", ")}`,
    next: 'Export one from pawl.ts: export const risk = model("risk", { … }).',
  });
}

/** The hash of a model's meaning, under which the ledger keeps its definition. */
export function definitionHash(catalog: Catalog, model: Model): string {
  const document = catalog.documents.find(({ kind, name }) => kind === "model" && name === model.name);
  if (document) return document.hash;
  throw new PawlError("internal", `The model "${model.name}" is not in its own catalogue.`);
}
