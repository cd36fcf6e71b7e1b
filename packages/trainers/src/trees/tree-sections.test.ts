import { decodeModelDocument, encodeModelDocument, type Section } from "@pawl/core";
import { describe, expect, it } from "vitest";
import { loadModel } from "../load-model.ts";
import { randomTrees } from "../testing/random-trees.ts";
import { TreesModel } from "./trees-model.ts";

const columns = ["x", "y", "z", "c"].map((name) => ({ name, kind: "numeric" as const }));
const fields = {
  estimator: "random",
  task: { kind: "regression" },
  columns,
  link: "identity",
  training: null,
} as const;
const bytes = new TreesModel(fields, randomTrees(5, 1)).bytes();

/** The model with one array changed, as bytes. */
function changed(name: string, change: (section: Section) => Section): Uint8Array {
  const document = decodeModelDocument(bytes);
  const section = document.sections[name];
  if (section === undefined) throw new Error(`no section ${name}`);
  return encodeModelDocument({ ...document, sections: { ...document.sections, [name]: change(section) } });
}

describe("loading trees", () => {
  it("refuses arrays that would walk outside or for ever", () => {
    const spoil: readonly (readonly [string, (section: Section) => Section])[] = [
      ["left", (section) => section.map((_, n) => (n === 0 ? 0 : 1)) as Section],
      ["right", (section) => section.map(() => 1_000_000) as Section],
      ["feature", (section) => section.map(() => 77) as Section],
      ["categoryLength", (section) => section.map(() => 1000) as Section],
      ["treeStart", (section) => section.slice(1)],
      ["value", (section) => section.slice(1)],
      ["base", () => new Float64Array(2)],
      ["treeOutput", (section) => section.map(() => 3) as Section],
      ["threshold", () => new Float64Array(3)],
    ];
    for (const [name, change] of spoil) {
      expect(() => loadModel(changed(name, change))).toThrow(/damaged|cannot be read/);
    }
    expect(loadModel(bytes).hash()).toMatch(/^[0-9a-f]{64}$/);
  });

  it("refuses other forms and versions by name", () => {
    const document = decodeModelDocument(bytes);
    const withHeader = (header: Record<string, string | number | null>) =>
      encodeModelDocument({ ...document, header: { ...document.header, ...header } });
    expect(() => loadModel(withHeader({ kind: "neural" }))).toThrow("a form unknown here");
    expect(() => loadModel(withHeader({ version: 9 }))).toThrow("cannot be read");
    expect(() => loadModel(withHeader({ link: "magic" }))).toThrow("cannot be read");
    expect(() => loadModel(withHeader({ task: null }))).toThrow("cannot be read");
  });
});
