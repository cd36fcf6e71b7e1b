import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readValue, writeValue } from "./json-value.ts";
import type { ScalarKind } from "./kind.ts";

const values: { readonly [K in ScalarKind]: fc.Arbitrary<string | number | boolean | bigint> } = {
  string: fc.string({ unit: "binary" }),
  int: fc.maxSafeInteger(),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }),
  bool: fc.boolean(),
  timestamp: fc.integer({ min: -8_000_000_000_000, max: 8_000_000_000_000 }).map((n) => n * 1000 + 7),
  duration: fc.maxSafeInteger(),
};

describe("values as JSON", () => {
  it.each(Object.keys(values) as ScalarKind[])("%s comes back as it went", (kind) => {
    fc.assert(
      fc.property(values[kind] as fc.Arbitrary<string | number | boolean | bigint>, (value) => {
        const sent = JSON.parse(JSON.stringify(writeValue(kind, value)));
        const back = readValue(kind, sent, "x");
        // JSON has no negative zero.
        expect(back === 0 ? 0 : back).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it.each([
    ["int", "12"],
    ["int", 1.5],
    ["int", 2 ** 60],
    ["bool", 1],
    ["float", "1"],
    ["string", 5],
    ["timestamp", "yesterday"],
    ["bigint", "9223372036854775808"],
  ] as const)("refuses %s %j", (kind, given) => {
    expect(() => readValue(kind, given, 'column "x" of row 3')).toThrow(/row 3/);
  });

  it("knows missing values", () => {
    expect(readValue("int", undefined, "x")).toBeNull();
    expect(readValue("float", Number.NaN, "x")).toBeNull();
    expect(writeValue("list<bigint>", [1n, null])).toEqual(["1", null]);
  });
});
