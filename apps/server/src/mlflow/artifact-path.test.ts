import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathBelow, safePath } from "./artifact-path.ts";

/** Whether a path is refused, or names something below the root even if others decode it again and again. */
function staysInside(path: string): boolean {
  let plain: string;
  try {
    plain = safePath(path);
  } catch {
    return true;
  }
  for (let round = 0; round < 12; round += 1) {
    plain = plain.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return !plain.startsWith("/") && !plain.includes("\\") && !plain.split("/").includes("..");
}

describe("a path of an artifact", () => {
  it.each([
    ["", ""],
    ["model/MLmodel", "model/MLmodel"],
    ["model/a/", "model/a"],
    ["a b/ü/日本.txt", "a b/ü/日本.txt"],
    ["100%.txt", "100%.txt"],
    ["..a/b..", "..a/b.."],
    ["...", "..."],
  ])("%j is %j", (path, key) => {
    expect(safePath(path)).toBe(key);
  });

  it.each([
    "..",
    "../etc/passwd",
    "a/../../b",
    "a/./b",
    "a//b",
    "a/%2fb",
    "/etc/passwd",
    "//host/share",
    "C:/windows",
    "c:x",
    "a\\..\\b",
    "..\\b",
    "file:///etc/passwd",
    "http://host/x",
    "a\u0000b",
    "a\nb",
    "a#b",
    "%2e%2e/x",
    "%252e%252e%252fx",
    "%25252e%25252e/x",
    "a/%2e%2e%2f%2e%2e/b",
    "..%2fx",
    "%5c..%5cx",
    "%2fetc/passwd",
    "a%00b",
    "a%2500b",
    "file%3a///etc",
    "%".concat("25".repeat(40), "2e"),
    "x".repeat(2_001),
  ])("refuses %j", (path) => {
    expect(() => safePath(path)).toThrow("Invalid path");
  });

  it("leads nowhere else, whatever it is and however often it is encoded", () => {
    const part = fc.constantFrom("..", ".", "a", "/", "\\", "%2e", "%2f", "%25", "%5c", "%00", "C:", "é");
    const path = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
    expect(() => fc.assert(fc.property(path, staysInside))).not.toThrow();
  });

  it("resolves one percent encoding of a request's path", () => {
    expect(pathBelow("/base/a%20b/100%25.txt", "/base/")).toBe("a b/100%.txt");
    expect(() => pathBelow("/base/%E0%A4%A", "/base/")).toThrow("Invalid path");
  });
});
