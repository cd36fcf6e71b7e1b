import { compareValues, expressions, type Scope } from "@pawl/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluator } from "../query/evaluate.ts";
import { canonicalJson, canonicalNode, contentHash, type Json } from "./canonical.ts";
import { constant, greatest, least, wrap } from "./expression.ts";
import type { ExprNode } from "./expression-node.ts";
import type { ScalarKind, Value } from "./kind.ts";

const kinds = {
  i: "int",
  x: "float",
  s: "string",
  b: "bool",
  g: "bigint",
  t: "timestamp",
  d: "duration",
} as const satisfies Record<string, ScalarKind>;

const column = <K extends ScalarKind>(name: string, kind: K) => wrap({ op: "column", kind, name }, kind);
const [i, x, s, b] = [column("i", "int"), column("x", "float"), column("s", "string"), column("b", "bool")];

const scope: Scope = {
  numbers: [i, x],
  texts: [s],
  bools: [b],
  bigints: [column("g", "bigint")],
  times: [column("t", "timestamp")],
  durations: [column("d", "duration")],
};

const values: { readonly [K in keyof typeof kinds]: fc.Arbitrary<Value> } = {
  i: fc.integer({ min: -3, max: 3 }),
  x: fc.oneof(fc.constantFrom(0, -0, 0.5), fc.double({ noNaN: true, noDefaultInfinity: true })),
  s: fc.constantFrom("", "a", "😀", "\uFFFD"),
  b: fc.boolean(),
  g: fc.constantFrom(0n, 9_007_199_254_740_993n),
  t: fc.integer({ min: -(10 ** 15), max: 10 ** 15 }),
  d: fc.integer({ min: -(10 ** 10), max: 10 ** 10 }),
};

const row = fc.record(
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fc.option(value, { freq: 5 })])),
);

const anyExpression: fc.Arbitrary<ExprNode> = fc
  .oneof(expressions.number, expressions.bool, expressions.text, expressions.time, expressions.duration)
  .map((build) => build(scope).node);

function valueOf(node: ExprNode, given: Readonly<Record<string, Value>>): Value {
  const read = evaluator<typeof given>(node, (leaf) => {
    const name = leaf.op === "column" ? leaf.name : leaf.op;
    return (values) => values[name] as Value;
  });
  return read(given);
}

describe("canonicalNode", () => {
  it("never changes a value", () => {
    fc.assert(
      fc.property(anyExpression, fc.array(row, { minLength: 1, maxLength: 4 }), (node, rows) => {
        const canonical = canonicalNode(node);
        expect(canonical.kind).toBe(node.kind);
        for (const given of rows) {
          expect(compareValues(valueOf(node, given), valueOf(canonical, given), node.kind)).toBeUndefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is canonical already the second time", () => {
    fc.assert(
      fc.property(anyExpression, (node) => {
        const once = canonicalNode(node);
        expect(canonicalNode(once)).toEqual(once);
      }),
    );
  });

  it.each<[string, ExprNode, ExprNode]>([
    ["a sum turned round", i.plus(x).node, x.plus(i).node],
    ["a product turned round", i.times(2).node, constant(2).times(i).node],
    ["an equation turned round", i.eq(x).node, x.eq(i).node],
    ["more than, less than", x.gt(1).node, constant(1).lt(x).node],
    ["conditions in another order", b.and(x.gt(1)).and(i.eq(2)).node, i.eq(2).and(b.and(x.gt(1))).node],
    ["a condition twice", b.or(x.gt(1)).or(b).node, x.gt(1).or(b).node],
    ["twice not", b.not().not().node, b.node],
    ["members in another order", s.in(["a", "b", "a"]).node, s.in(["b", "a"]).node],
    ["the least of the same", least(x, i, x).node, least(i, x).node],
  ])("knows as one: %s", (_, one, other) => {
    expect(canonicalNode(one)).toEqual(canonicalNode(other));
  });

  it.each<[string, ExprNode, ExprNode]>([
    ["a difference turned round", i.minus(x).node, x.minus(i).node],
    ["another grouping of a floating sum", x.plus(0.1).plus(0.2).node, x.plus(constant(0.1).plus(0.2)).node],
    ["less and at most", x.lt(1).node, x.lte(1).node],
    ["least and greatest", least(i, x).node, greatest(i, x).node],
    ["text and number", constant("1").node, constant(1).node],
    ["what to look for and where", s.in(["a"]).node, constant("a").in(["a"]).node],
  ])("keeps apart: %s", (_, one, other) => {
    expect(contentHash(canonicalNode(one) as unknown as Json)).not.toBe(
      contentHash(canonicalNode(other) as unknown as Json),
    );
  });
});

describe("canonicalJson", () => {
  const withoutNegativeZero = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

  it("reads back as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(withoutNegativeZero(value));
      }),
    );
  });

  it("does not depend on the order of keys, nor on keys without a value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse());
        const more = { ...turned, " not said ": undefined };
        expect(canonicalJson(more as Json)).toBe(canonicalJson(object as Json));
      }),
    );
  });

  it("hashes as SHA-256", () => {
    // printf '{"a":[1,"é"]}' | sha256sum
    expect(contentHash({ a: [1, "é"] })).toBe(
      "5db14a2cddc92d31365806bb5d82ed2bc436bf6960d10cd4654140f7bdadce1c",
    );
  });
});
