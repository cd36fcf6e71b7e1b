import { PawlError } from "@pawl/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleServing } from "../testing/sample-serving.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { decodeTensor, encodeTensor } from "./binary-tensor.ts";
import { halfToNumber } from "./half-float.ts";

const serving = sampleServing();
let server: TestServer;
beforeAll(async () => {
  server = await testServer({ serving });
});
afterAll(() => server.close());

async function infer(model: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/v2/models/${model}/infer`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const pressure = { name: "pressure", datatype: "FP64", shape: [2], data: [3, 1] };
const humidity = { name: "humidity", datatype: "FP64", shape: [2, 1], data: [[1], [3]] };

describe("infer with JSON", () => {
  it("takes flat and nested data and gives all outputs", async () => {
    const { body } = await infer("weather", { id: "7", inputs: [pressure, humidity] });
    expect(body).toEqual({
      model_name: "weather",
      model_version: "1",
      id: "7",
      outputs: [
        { name: "value", datatype: "BYTES", shape: [2], data: ["sun", "rain"] },
        { name: "probability", datatype: "FP64", shape: [2], data: [0.75, 0.75] },
        { name: "probabilities", datatype: "FP64", shape: [2, 2], data: [0.25, 0.75, 0.75, 0.25] },
      ],
    });
  });

  it("takes one matrix for all columns of a model", async () => {
    const matrix = { name: "input-0", datatype: "FP32", shape: [2, 2], data: [3, 1, 1, 3] };
    const { body } = await infer("weather", { inputs: [matrix], outputs: [{ name: "value" }] });
    expect(body.outputs).toEqual([{ name: "value", datatype: "BYTES", shape: [2], data: ["sun", "rain"] }]);
  });

  it("looks features up where only keys are given", async () => {
    const origin = { name: "origin", datatype: "BYTES", shape: [1], data: ["ORD"] };
    const departure = { name: "departure", datatype: "INT64", shape: [1], data: [1_000_000] };
    const { status } = await infer("is_late", { parameters: { by: "keys" }, inputs: [origin, departure] });
    expect(status).toBe(200);
    expect(serving.asked.at(-1)).toMatchObject({
      by: "keys",
      rows: [{ origin: "ORD", departure: "1970-01-01T00:00:01Z" }],
    });
  });

  it("gives what is not known as null", async () => {
    const nothing = { ...pressure, data: [null, 1] };
    await infer("weather", { inputs: [nothing, humidity] });
    expect(serving.asked.at(-1)?.rows).toEqual([
      { pressure: null, humidity: 1 },
      { pressure: 1, humidity: 3 },
    ]);
  });

  it.each([
    ["no inputs", { inputs: [] }, "inputs:"],
    ["an unknown datatype", { inputs: [{ ...pressure, datatype: "FLOAT" }, humidity] }, "inputs.0.datatype"],
    [
      "a shape that does not fit the data",
      { inputs: [{ ...pressure, shape: [3] }, humidity] },
      "Found: 2 elements",
    ],
    [
      "shapes that differ",
      { inputs: [{ ...pressure, shape: [1], data: [1] }, humidity] },
      "of another shape",
    ],
    ["a matrix for a number", { inputs: [{ ...pressure, shape: [1, 2] }] }, "of another shape"],
    ["text for a number", { inputs: [{ ...pressure, data: ["3", 1] }, humidity] }, "Element 0"],
    [
      "a datatype for another kind",
      { inputs: [{ ...pressure, datatype: "BOOL", data: [true, false] }] },
      "FP64, FP32",
    ],
    ["an input twice", { inputs: [pressure, pressure] }, "given twice"],
    ["an unknown input", { inputs: [pressure, { ...humidity, name: "wind" }] }, 'no input "wind"'],
    ["a missing input", { inputs: [pressure] }, "no humidity"],
    ["no rows", { inputs: [{ ...pressure, shape: [0], data: [] }] }, "There are no rows"],
    ["no data", { inputs: [{ name: "pressure", datatype: "FP64", shape: [1] }] }, "has no data"],
    ["half a document", '{"inputs":', "not JSON"],
    [
      "classification",
      { inputs: [pressure, humidity], outputs: [{ name: "value", parameters: { classification: 2 } }] },
      "cannot be classified",
    ],
  ])("refuses %s", async (_, body, said) => {
    const answer = await infer("weather", body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.error).toContain(said);
  });

  it("refuses whole numbers JSON has already rounded", async () => {
    const tail = '{"inputs":[{"name":"tail","datatype":"INT64","shape":[1],"data":[9007199254740993]}]}';
    const { status, body } = await infer("is_late", tail);
    expect([status, body.error]).toEqual([400, expect.stringContaining("only in the binary form")]);
  });

  it("refuses a version that is not served", async () => {
    const response = await fetch(`${server.url}/v2/models/weather/versions/9`);
    expect([response.status, Object.keys(await response.json())]).toEqual([404, ["error"]]);
  });
});

describe("infer with tensors behind the JSON", () => {
  function packed(header: object, ...tensors: Uint8Array[]) {
    const json = Buffer.from(JSON.stringify(header));
    return { body: Buffer.concat([json, ...tensors]), length: json.length };
  }
  async function send(body: Uint8Array<ArrayBuffer>, length: number | string) {
    const headers = { "inference-header-content-length": String(length) };
    const response = await fetch(`${server.url}/v2/models/weather/infer`, { method: "POST", headers, body });
    return { status: response.status, error: (await response.json()).error as string };
  }
  const input = (size: number) => ({
    inputs: [{ name: "pressure", datatype: "FP64", shape: [2], parameters: { binary_data_size: size } }],
  });

  it.each([
    ["fewer bytes than said", 16, 8, "do not fit its shape"],
    ["more bytes than said", 16, 24, "not as long as its inputs say"],
    ["a size that does not fit the shape", 8, 8, "do not fit its shape"],
  ])("refuses %s", async (_, size, bytes, said) => {
    const { body, length } = packed(input(size), new Uint8Array(bytes));
    const answer = await send(body, length);
    expect([answer.status, answer.error]).toEqual([400, expect.stringContaining(said)]);
  });

  it.each(["-1", "many", "1e3", "99999999"])("refuses a header length of %s", async (length) => {
    const answer = await send(packed(input(16), new Uint8Array(16)).body, length);
    expect([answer.status, answer.error]).toEqual([400, expect.stringContaining("does not fit the body")]);
  });
});

describe("tensors", () => {
  it("come back as they went", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        expect(decodeTensor("x", "FP64", encodeTensor("FP64", values), values.length)).toEqual(values);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (values) => {
        expect(decodeTensor("x", "BYTES", encodeTensor("BYTES", values), values.length)).toEqual(values);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.boolean()), (values) => {
        expect(decodeTensor("x", "BOOL", encodeTensor("BOOL", values), values.length)).toEqual(values);
      }),
    );
  });

  it("keep whole numbers a double cannot hold", () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigInt64LE(9_007_199_254_740_993n, 0);
    bytes.writeBigInt64LE(-5n, 8);
    expect(decodeTensor("x", "INT64", bytes, 2)).toEqual([9_007_199_254_740_993n, -5]);
  });

  it("refuse bytes that are not well formed, and fail in no other way", () => {
    const outcome = (bytes: Uint8Array, count: number): unknown => {
      try {
        return decodeTensor("x", "BYTES", bytes, count).length;
      } catch (thrown) {
        return thrown instanceof PawlError ? thrown.code : thrown;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(10), (bytes, count) => {
        expect([count, "invalid_input"]).toContain(outcome(bytes, count));
      }),
    );
  });

  it("know 16-bit numbers", () => {
    const bits: readonly (readonly [number, number])[] = [
      [0x0000, 0],
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x0001, 2 ** -24],
      [0x3555, 0.333251953125],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x7e00, Number.NaN],
    ];
    expect(bits.map(([from]) => halfToNumber(from))).toEqual(bits.map(([, to]) => to));
  });
});
