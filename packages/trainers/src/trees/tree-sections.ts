import { PawlError, leafNode, type ModelDocument, type Section, type TreeEnsemble } from "@pawl/core";
import { sectionOf } from "../model/document-fields.ts";

/** The ensemble's arrays as document sections, by their own names. */
export function treeSections(trees: TreeEnsemble): Readonly<Record<string, Section>> {
  const { outputs: _, ...sections } = trees;
  return sections;
}

/**
 * Reads an ensemble back and checks that walking it ends: lengths agree, children lie behind their
 * parent inside their tree, features exist. Throws `bad_data`.
 */
export function readTrees(document: ModelDocument, outputs: number, features: number): TreeEnsemble {
  const f64 = (name: string) => sectionOf(document, name, Float64Array);
  const i32 = (name: string) => sectionOf(document, name, Int32Array);
  const u8 = (name: string) => sectionOf(document, name, Uint8Array);
  const trees: TreeEnsemble = {
    outputs,
    base: f64("base"),
    treeStart: i32("treeStart"),
    treeOutput: i32("treeOutput"),
    kind: u8("kind"),
    feature: i32("feature"),
    threshold: sectionOf(document, "threshold", Float32Array),
    missingLeft: u8("missingLeft"),
    left: i32("left"),
    right: i32("right"),
    value: f64("value"),
    gain: f64("gain"),
    count: f64("count"),
    hessian: f64("hessian"),
    categoryStart: i32("categoryStart"),
    categoryLength: i32("categoryLength"),
    categoryWords: sectionOf(document, "categoryWords", Uint32Array),
  };
  const why = faultOf(trees, features);
  if (why !== undefined) throw new PawlError("bad_data", "These trees are damaged.", { found: why });
  return trees;
}

function faultOf(trees: TreeEnsemble, features: number): string | undefined {
  const { treeStart, treeOutput, outputs, base, kind, feature, left, right } = trees;
  const { categoryStart, categoryLength, categoryWords } = trees;
  const nodes = kind.length;
  if (base.length !== outputs) return "a base of another length than the outputs";
  if (treeStart.length !== treeOutput.length + 1 || treeStart[0] !== 0 || treeStart.at(-1) !== nodes) {
    return "tree offsets that do not cover the nodes";
  }
  const perNode = [feature, trees.threshold, trees.missingLeft, left, right, trees.value, trees.gain];
  const more = [trees.count, trees.hessian, categoryStart, categoryLength];
  if ([...perNode, ...more].some((array) => array.length !== nodes)) return "node arrays of unlike length";
  for (let t = 0; t < treeOutput.length; t++) {
    const start = treeStart[t] ?? 0;
    const end = treeStart[t + 1] ?? 0;
    const output = treeOutput[t] ?? -1;
    if (end <= start || output < 0 || output >= outputs) return `tree ${t} without nodes or output`;
    for (let n = start; n < end; n++) {
      if (kind[n] === leafNode) continue;
      const inside = (child: number): boolean => child > n && child < end;
      if (!inside(left[n] ?? -1) || !inside(right[n] ?? -1)) return `node ${n} with a child outside its tree`;
      const f = feature[n] ?? -1;
      if (f < 0 || f >= features) return `node ${n} with column ${f} of ${features}`;
      const from = categoryStart[n] ?? 0;
      const count = categoryLength[n] ?? 0;
      if (from < 0 || count < 0 || from + count > categoryWords.length)
        return `node ${n} without its categories`;
    }
  }
  return undefined;
}
