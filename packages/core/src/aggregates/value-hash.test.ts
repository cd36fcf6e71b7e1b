import { describe, expect, it } from "vitest";
import { hashRange, valueHash, valueText } from "./value-hash.ts";

describe("valueHash", () => {
  it("is the first 13 hexadecimal digits of the MD5 of the text", () => {
    // RFC 1321: MD5("abc") = 900150983cd24fb0d6963f7d28e17f72
    expect(valueHash("abc")).toBe(0x900150983cd24);
    // RFC 1321: MD5("") = d41d8cd98f00b204e9800998ecf8427e
    expect(valueHash("")).toBe(0xd41d8cd98f00b);
    expect(valueHash("abc")).toBeLessThan(hashRange);
  });

  it.each([
    ["é😀", "é😀"],
    [true, "true"],
    [-0, "0"],
    [12, "12"],
    [2 ** 53, "9007199254740992"],
    [-9223372036854775808n, "-9223372036854775808"],
    [1.5, "f4609434218613702656"],
    [-1.5, "f-4613937818241073152"],
  ] as const)("writes %s as %s", (value, text) => {
    expect(valueText(value)).toBe(text);
  });
});
