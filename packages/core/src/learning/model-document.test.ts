import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeModelDocument, encodeModelDocument, modelHash } from "./model-document.ts";

const document = {
  header: { b: [1, "ü"], a: { z: null, y: true } },
  sections: { w: Float64Array.of(1, Number.NaN, -0), k: Uint8Array.of(1, 2, 3), e: new Int32Array() },
};

describe("model document", () => {
  it("reads back what was written", () => {
    expect(decodeModelDocument(encodeModelDocument(document))).toEqual(document);
  });

  it("gives equal bytes whatever the order of keys", () => {
    const turned = {
      header: { a: { y: true, z: null }, b: [1, "ü"] },
      sections: { e: new Int32Array(), k: Uint8Array.of(1, 2, 3), w: Float64Array.of(1, Number.NaN, -0) },
    };
    expect(modelHash(encodeModelDocument(turned))).toBe(modelHash(encodeModelDocument(document)));
  });

  it("reads from any offset of a larger buffer", () => {
    const bytes = encodeModelDocument(document);
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(decodeModelDocument(larger.subarray(3))).toEqual(document);
  });

  it("refuses every cut and any tail with bad_data, never another error", () => {
    const bytes = encodeModelDocument(document);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(() => decodeModelDocument(bytes.slice(0, length))).toThrow("not a whole Pawl model");
      }),
    );
    expect(() => decodeModelDocument(new Uint8Array([...bytes, 0]))).toThrow("not a whole Pawl model");
  });
});

it("reads bytes that lie in the middle of a larger buffer", () => {
  const written = encodeModelDocument({ header: { a: 1 }, sections: { x: Float64Array.of(1, 2, 3) } });
  // Node pools small Buffers: theirs is the common case.
  const pooled = Buffer.concat([Buffer.from("before"), written, Buffer.from("after")]).subarray(
    6,
    6 + written.length,
  );
  expect(decodeModelDocument(pooled).sections["x"]).toEqual(Float64Array.of(1, 2, 3));
});
