import { assert, property, integer } from "fast-check";
import type { TreeEnsemble } from "@pawl/core";
import { describe, expect, it } from "vitest";
import { randomRow, randomTrees, randomTreesColumns as columns } from "../testing/random-trees.ts";
import { TreeScorer } from "./tree-scorer.ts";
import { TreeShap, expectedMargins, goesLeft } from "./tree-shap.ts";

/** The value of the game: known columns are followed, unknown ones averaged by training counts. */
function valueOf(trees: TreeEnsemble, output: number, row: Float64Array, known: number): number {
  const at = (node: number): number => {
    const left = trees.left[node] ?? -1;
    const right = trees.right[node] ?? -1;
    if (left < 0) return trees.value[node] ?? 0;
    const feature = trees.feature[node] ?? 0;
    if ((known >> feature) & 1)
      return at(goesLeft(trees, node, Math.fround(row[feature] ?? 0)) ? left : right);
    const [a, b] = [trees.count[left] ?? 0, trees.count[right] ?? 0];
    return (a * at(left) + b * at(right)) / (a + b);
  };
  let sum = trees.base[output] ?? 0;
  trees.treeOutput.forEach((own, t) => {
    if (own === output) sum += at(trees.treeStart[t] ?? 0);
  });
  return sum;
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const sizeOf = (set: number): number => [0, 1, 2, 3].filter((c) => (set >> c) & 1).length;

describe("TreeShap", () => {
  it("equals Shapley's formula over all subsets", () => {
    assert(
      property(integer({ min: 0, max: 1e6 }), integer({ min: 1, max: 3 }), (seed, outputs) => {
        const trees = randomTrees(seed, outputs);
        const row = randomRow(seed);
        const fast = new Float64Array(columns * outputs);
        new TreeShap(trees).explain(row, fast);
        const bias = expectedMargins(trees);
        for (let o = 0; o < outputs; o++) {
          expect(bias[o]).toBeCloseTo(valueOf(trees, o, row, 0), 10);
          for (let c = 0; c < columns; c++) {
            let slow = 0;
            for (let set = 0; set < 1 << columns; set++) {
              if ((set >> c) & 1) continue;
              const weight =
                (factorial(sizeOf(set)) * factorial(columns - sizeOf(set) - 1)) / factorial(columns);
              slow += weight * (valueOf(trees, o, row, set | (1 << c)) - valueOf(trees, o, row, set));
            }
            expect(fast[c * outputs + o]).toBeCloseTo(slow, 9);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("TreeScorer", () => {
  it("reaches the leaves the documented rule reaches", () => {
    assert(
      property(integer({ min: 0, max: 1e6 }), integer({ min: 1, max: 3 }), (seed, outputs) => {
        const trees = randomTrees(seed, outputs);
        const row = randomRow(seed);
        const out = new Float64Array(outputs);
        new TreeScorer(trees, columns).scoreRow(row, out);
        for (let o = 0; o < outputs; o++) expect(out[o]).toBeCloseTo(valueOf(trees, o, row, 15), 12);
      }),
    );
  });
});
