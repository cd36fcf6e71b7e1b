import { z } from "@hono/zod-openapi";
import { PawlError } from "@pawl/core";
import { parseJson, textOf } from "../http/body.ts";
import { decodeTensor, type Element } from "./binary-tensor.ts";
import { type Datatype, datatypes } from "./datatype.ts";

/** A tensor as it came: its elements in row-major order. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly elements: readonly Element[];
}

export interface InferRequest {
  readonly id?: string;
  readonly by: "keys" | "values";
  readonly asOf?: string;
  readonly inputs: readonly Tensor[];
  /** Absent: all of them. */
  readonly outputs?: readonly { readonly name: string; readonly binary: boolean }[];
  /** Whether outputs not asked for by name come in the binary form. */
  readonly binary: boolean;
}

const Parameters = z.record(z.string(), z.unknown());

export const InferBody = z
  .object({
    id: z.string().optional(),
    parameters: z
      .looseObject({
        binary_data_output: z.boolean().optional(),
        by: z.enum(["keys", "values"]).optional().openapi({
          description:
            "values (the default): inputs are the model's. keys: inputs are the spine's; features are looked up.",
        }),
        asOf: z.string().optional(),
      })
      .optional(),
    inputs: z
      .array(
        z.object({
          name: z.string(),
          shape: z.array(z.number().int().min(0)).min(1),
          datatype: z.enum(datatypes),
          parameters: z.looseObject({ binary_data_size: z.number().int().min(0).optional() }).optional(),
          data: z.array(z.unknown()).optional(),
        }),
      )
      .min(1),
    outputs: z.array(z.object({ name: z.string(), parameters: Parameters.optional() })).optional(),
  })
  .openapi("InferRequest");

/**
 * Reads an inference request. With the header Inference-Header-Content-Length the body is that many bytes
 * of JSON followed by tensors in the order of the inputs (binary tensor extension).
 */
export function inferRequest(body: Uint8Array, headerLength: string | undefined): InferRequest {
  const jsonBytes = headerLength === undefined ? body.byteLength : lengthOf(headerLength, body.byteLength);
  const parsed = InferBody.safeParse(parseJson(textOf(body.subarray(0, jsonBytes))));
  if (!parsed.success) {
    const said = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
    throw new PawlError("invalid_input", "This is not an inference request.", { found: said.join("; ") });
  }
  const { id, parameters, inputs, outputs } = parsed.data;
  let at = jsonBytes;
  const tensors = inputs.map((input): Tensor => {
    const { name, datatype, shape, data } = input;
    const count = shape.reduce((product, length) => product * length, 1);
    const size = input.parameters?.binary_data_size;
    if (size === undefined)
      return { name, datatype, shape, elements: elementsOf(name, datatype, data, count) };
    const bytes = body.subarray(at, at + size);
    at += size;
    return { name, datatype, shape, elements: decodeTensor(name, datatype, bytes, count) };
  });
  if (at !== body.byteLength) {
    throw new PawlError("invalid_input", "The body is not as long as its inputs say.", {
      found: `${body.byteLength} bytes`,
      expected: `${at} bytes`,
    });
  }
  const binary = parameters?.binary_data_output ?? false;
  return {
    ...(id !== undefined && { id }),
    by: parameters?.by ?? "values",
    ...(parameters?.asOf !== undefined && { asOf: parameters.asOf }),
    inputs: tensors,
    ...(outputs !== undefined &&
      outputs.length > 0 && {
        outputs: outputs.map((output) => ({
          name: output.name,
          binary: flag(output.name, output.parameters ?? {}, binary),
        })),
      }),
    binary,
  };
}

function lengthOf(header: string, most: number): number {
  const length = /^\d{1,15}$/.test(header) ? Number(header) : Number.NaN;
  if (length <= most) return length;
  throw new PawlError("invalid_input", "Inference-Header-Content-Length does not fit the body.", {
    found: header,
    expected: `a number of bytes up to ${most}`,
  });
}

function flag(name: string, parameters: Readonly<Record<string, unknown>>, otherwise: boolean): boolean {
  if (parameters["classification"] !== undefined) {
    throw new PawlError("unsupported", `Output "${name}" cannot be classified here.`, {
      next: 'Ask for "value", which is the class already.',
    });
  }
  const given = parameters["binary_data"];
  return typeof given === "boolean" ? given : otherwise;
}

/** The elements of JSON data, flat or nested. */
function elementsOf(name: string, datatype: Datatype, data: unknown, count: number): Element[] {
  if (data === undefined) {
    throw new PawlError("invalid_input", `Input "${name}" has no data.`, {
      expected: "data, or parameters.binary_data_size and bytes behind the JSON",
    });
  }
  const flat = Array.isArray(data) ? data.flat(Number.POSITIVE_INFINITY) : [data];
  if (flat.length !== count) {
    throw new PawlError("invalid_input", `The data of input "${name}" does not fit its shape.`, {
      found: `${flat.length} elements`,
      expected: `${count}`,
    });
  }
  return flat.map((value, i) => {
    if (fits(datatype, value)) return value;
    const text = JSON.stringify(value);
    const inexact = typeof value === "number" && Number.isInteger(value);
    throw new PawlError("invalid_input", `Element ${i} of input "${name}" is not ${datatype}.`, {
      found: text.length > 60 ? `${text.slice(0, 57)}…` : text,
      ...(inexact && { next: "Whole numbers beyond 2⁵³ are exact only in the binary form." }),
    });
  });
}

function fits(datatype: Datatype, value: unknown): value is Element {
  if (value === null) return true;
  if (datatype === "BYTES") return typeof value === "string";
  if (datatype === "BOOL") return typeof value === "boolean" || value === 0 || value === 1;
  if (typeof value !== "number") return false;
  return datatype.startsWith("FP") || Number.isSafeInteger(value);
}
