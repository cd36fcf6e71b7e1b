import { PawlError } from "@pawl/core";
import type { ModelFields } from "../model/document-fields.ts";
import { OnnxGraph, attribute, doubles, int64s } from "../onnx/onnx-graph.ts";
import { onnxDouble } from "../onnx/onnx-schema.ts";
import { largestFloat32, termCount, type ColumnEncoding } from "./column-encoding.ts";
import type { LinearParts } from "./linear-model.ts";

/**
 * A linear model as plain operators in double precision: per column its terms (standardised value and
 * missing flag, or equality with each level and "none of them"), all terms side by side, one MatMul.
 * A clock encoding is refused: the float32 input has no room for a date.
 */
export function linearToOnnx(fields: ModelFields, parts: LinearParts): Uint8Array {
  const outputs = parts.bias.length;
  const graph = new OnnxGraph(fields.columns);
  const terms: string[] = [];
  for (const [c, encoding] of parts.encodings.entries()) {
    if (encoding.kind === "unused") continue;
    const cell = graph.op("Gather", [graph.rows, graph.constant(int64s([c]))], [attribute.int("axis", 1)]);
    terms.push(...columnTerms(graph, cell, encoding, fields.columns[c]?.name ?? ""));
  }
  const count = parts.encodings.reduce((sum, encoding) => sum + termCount(encoding), 0);
  const bias = graph.constant(doubles(parts.bias));
  if (terms.length === 0) {
    // Nothing is read: the bias for every row, shaped by one column times zeros.
    const cell = graph.op("Gather", [graph.rows, graph.constant(int64s([0]))], [attribute.int("axis", 1)]);
    const missing = graph.cast(graph.op("IsNaN", [cell]), onnxDouble);
    const zeros = graph.op("Mul", [
      missing,
      graph.constant(doubles(new Float64Array(outputs), [1, outputs])),
    ]);
    return graph.finish(graph.op("Add", [zeros, bias]), fields.link, outputs);
  }
  const all = graph.op("Concat", terms, [attribute.int("axis", 1)]);
  const weights = graph.constant(doubles(parts.coefficients, [count, outputs]));
  const margin = graph.op("Add", [graph.op("MatMul", [all, weights]), bias]);
  return graph.finish(margin, fields.link, outputs);
}

function columnTerms(graph: OnnxGraph, cell: string, encoding: ColumnEncoding, name: string): string[] {
  const scalar = (value: number): string => graph.constant(doubles([value]));
  switch (encoding.kind) {
    case "unused":
      return [];
    case "numeric": {
      const isMissing = graph.op("IsNaN", [cell]);
      const clipped = graph.op("Clip", [
        cell,
        graph.constant(doubles([-largestFloat32], [])),
        graph.constant(doubles([largestFloat32], [])),
      ]);
      const centred = graph.op("Sub", [clipped, scalar(encoding.center)]);
      const scaled = graph.op("Div", [centred, scalar(encoding.scale)]);
      return [graph.op("Where", [isMissing, scalar(0), scaled]), graph.cast(isMissing, onnxDouble)];
    }
    case "codes":
      return oneHot(
        graph,
        cell,
        Array.from({ length: encoding.count }, (_, code) => code),
      );
    case "levels":
      return oneHot(graph, cell, encoding.levels);
    case "clock":
      throw new PawlError("unsupported", "This model reads the clock and cannot be an ONNX model.", {
        found: `a season of the time column "${name}"`,
        expected: "columns whose values fit float32",
        next: "Make the season a calendar feature and use the season by value.",
      });
  }
}

function oneHot(graph: OnnxGraph, cell: string, levels: readonly number[]): string[] {
  if (levels.length === 0) {
    const self = graph.op("Equal", [cell, cell]);
    return [graph.cast(graph.op("Or", [self, graph.op("Not", [self])]), onnxDouble)];
  }
  const same = graph.op("Equal", [cell, graph.constant(doubles(levels, [1, levels.length]))]);
  const flags = graph.cast(same, onnxDouble);
  const any = graph.op("ReduceMax", [flags], [attribute.ints("axes", [1]), attribute.int("keepdims", 1)]);
  return [flags, graph.op("Sub", [graph.constant(doubles([1])), any])];
}
