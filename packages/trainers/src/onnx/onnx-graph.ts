import type { Link, ModelColumn } from "@pawl/core";
import {
  encodeOnnx,
  onnxDouble,
  onnxFloat,
  onnxInt64,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./onnx-schema.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const raw = (array: Float64Array | Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export const doubles = (
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): TensorProto => ({
  dims,
  dataType: onnxDouble,
  rawData: raw(Float64Array.from(values)),
});

export const int64s = (values: readonly number[]): TensorProto => ({
  dims: [values.length],
  dataType: onnxInt64,
  rawData: raw(BigInt64Array.from(values, BigInt)),
});

/** Attributes, with the type number each needs. */
export const attribute = {
  int: (name: string, i: number): AttributeProto => ({ name, type: 2, i }),
  string: (name: string, s: string): AttributeProto => ({ name, type: 3, s: text(s) }),
  tensor: (name: string, t: TensorProto): AttributeProto => ({ name, type: 4, t }),
  ints: (name: string, ints: readonly number[]): AttributeProto => ({ name, type: 7, ints }),
  strings: (name: string, strings: readonly string[]): AttributeProto => ({
    name,
    type: 8,
    strings: strings.map(text),
  }),
};

const tensorInfo = (name: string, width: number): ValueInfoProto => ({
  name,
  type: {
    tensorType: { elemType: onnxFloat, shape: { dim: [{ dimParam: "rows" }, { dimValue: width }] } },
  },
});

/**
 * Builds a graph node by node. Every method returns the name of the value it makes. The input
 * `features` (float32, rows × columns) is available as doubles under `rows`.
 */
export class OnnxGraph {
  private readonly nodes: NodeProto[] = [];
  private readonly constants: TensorProto[] = [];
  /** The input as doubles. */
  readonly rows: string;

  private readonly columns: readonly ModelColumn[];

  constructor(columns: readonly ModelColumn[]) {
    this.columns = columns;
    this.rows = this.cast("features", onnxDouble);
  }

  constant(tensor: TensorProto): string {
    const name = `constant_${this.constants.length}`;
    this.constants.push({ ...tensor, name });
    return name;
  }

  op(
    opType: string,
    input: readonly string[],
    attributes: readonly AttributeProto[] = [],
    domain = "",
    output = `value_${this.nodes.length}`,
  ): string {
    this.nodes.push({
      input,
      output: [output],
      name: `${opType}_${this.nodes.length}`,
      opType,
      attribute: attributes,
      domain,
    });
    return output;
  }

  cast(value: string, type: number, output?: string): string {
    return this.op("Cast", [value], [attribute.int("to", type)], "", output);
  }

  /** Ends the graph: `margin` (any float type) through the link to `prediction`; the file's bytes. */
  finish(margin: string, link: Link, outputs: number): Uint8Array {
    const double = this.cast(margin, onnxDouble);
    this.cast(double, onnxFloat, "margin");
    this.cast(this.linked(double, link), onnxFloat, "prediction");
    return encodeOnnx({
      irVersion: 8,
      producerName: "pawl",
      opsetImport: [
        { domain: "", version: 17 },
        { domain: "ai.onnx.ml", version: 3 },
      ],
      metadataProps: [{ key: "pawl.columns", value: JSON.stringify(this.columns) }],
      graph: {
        name: "pawl_model",
        node: this.nodes,
        initializer: this.constants,
        input: [tensorInfo("features", this.columns.length)],
        output: [tensorInfo("prediction", outputs), tensorInfo("margin", outputs)],
      },
    });
  }

  private linked(margin: string, link: Link): string {
    switch (link) {
      case "identity":
        return margin;
      case "logit":
        return this.op("Sigmoid", [margin]);
      case "softmax":
        return this.op("Softmax", [margin], [attribute.int("axis", 1)]);
      case "isolation":
        return this.op("Exp", [this.op("Mul", [margin, this.constant(doubles([-Math.LN2]))])]);
    }
  }
}
