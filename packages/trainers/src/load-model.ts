import { PawlError, decodeModelDocument, type TrainedModel } from "@pawl/core";
import { LinearModel } from "./linear/linear-model.ts";
import { TreesModel } from "./trees/trees-model.ts";

/**
 * Reads a trained model back from its bytes. The bytes are data only: nothing in them is run.
 * Throws `bad_data` when they are damaged or of an unknown form.
 */
export function loadModel(bytes: Uint8Array): TrainedModel {
  const document = decodeModelDocument(bytes);
  const { kind } = document.header;
  if (kind === "trees") return TreesModel.fromDocument(document);
  if (kind === "linear") return LinearModel.fromDocument(document);
  throw new PawlError("bad_data", "This model is of a form unknown here.", {
    found: String(kind),
    expected: "trees or linear",
    next: "Load it with the version of Pawl that wrote it.",
  });
}
