import {
  elementKind,
  formatInstant,
  instant,
  isListKind,
  type JsonValue,
  type Kind,
  PawlError,
} from "@pawl/core";
import type { ServedModel } from "@pawl/loop";
import type { Element } from "./binary-tensor.ts";
import { datatypesOf } from "./datatype.ts";
import type { InferRequest, Tensor } from "./infer-request.ts";

interface Column {
  readonly name: string;
  readonly kind: Kind;
}

/**
 * The rows a request is about: one tensor a column, shapes [n], [n, 1], or [n, k] for lists. A single
 * numeric matrix [n, columns] under a name of its own stands for all columns of a model in their order.
 */
export function inferRows(
  model: ServedModel,
  request: InferRequest,
  maxRows: number,
): Record<string, JsonValue>[] {
  const columns: readonly Column[] = request.by === "keys" ? model.spine : model.inputs;
  const [first] = request.inputs;
  if (!first) throw new PawlError("invalid_input", "There are no inputs.");
  const count = first.shape[0] ?? 0;
  if (count === 0)
    throw new PawlError("invalid_input", "There are no rows.", { found: "a shape that starts with 0" });
  if (count > maxRows) {
    throw new PawlError("invalid_input", "There are too many rows.", {
      found: `${count}`,
      expected: `at most ${maxRows}`,
    });
  }
  const rows = Array.from({ length: count }, (): Record<string, JsonValue> => ({}));
  const known = new Map(columns.map((column) => [column.name, column]));
  if (request.by === "values" && request.inputs.length === 1 && isMatrix(first, columns)) {
    for (const [i, column] of columns.entries()) {
      for (let row = 0; row < count; row++) {
        const element = first.elements[row * columns.length + i] ?? null;
        put(rows, row, column.name, cell(column.kind, element, first));
      }
    }
    return rows;
  }
  const seen = new Set<string>();
  for (const tensor of request.inputs) {
    const column = known.get(tensor.name);
    if (!column) {
      throw new PawlError("invalid_input", `The model "${model.name}" has no input "${tensor.name}".`, {
        expected: columns.map((each) => each.name).join(", "),
      });
    }
    if (seen.has(tensor.name)) throw new PawlError("invalid_input", `Input "${tensor.name}" is given twice.`);
    seen.add(tensor.name);
    fill(rows, column, tensor);
  }
  const left = request.by === "values" ? columns.filter(({ name }) => !seen.has(name)) : [];
  if (left.length === 0) return rows;
  throw new PawlError("invalid_input", `Inputs of the model "${model.name}" are missing.`, {
    found: `no ${left.map(({ name }) => name).join(", ")}`,
    expected: columns.map(({ name }) => name).join(", "),
    next: 'Where only keys are known, send them with "parameters": {"by": "keys"}.',
  });
}

function fill(rows: Record<string, JsonValue>[], column: Column, tensor: Tensor): void {
  const { name, kind } = column;
  const fitting = datatypesOf(kind);
  if (!fitting.includes(tensor.datatype)) {
    throw new PawlError("invalid_input", `Input "${name}" is of another datatype.`, {
      found: tensor.datatype,
      expected: fitting.join(", "),
    });
  }
  const list = isListKind(kind);
  const [count = 0, width = 1, ...more] = tensor.shape;
  const shaped =
    count === rows.length && more.length === 0 && (list ? tensor.shape.length === 2 : width === 1);
  if (!shaped) {
    throw new PawlError("invalid_input", `Input "${name}" is of another shape.`, {
      found: `[${tensor.shape.join(", ")}]`,
      expected: list ? `[${rows.length}, length]` : `[${rows.length}] or [${rows.length}, 1]`,
    });
  }
  for (let row = 0; row < count; row++) {
    if (!list) put(rows, row, name, cell(kind, tensor.elements[row] ?? null, tensor));
    else {
      const members = tensor.elements.slice(row * width, (row + 1) * width);
      put(
        rows,
        row,
        name,
        members.map((element) => cell(elementKind(kind), element, tensor)),
      );
    }
  }
}

function isMatrix(tensor: Tensor, columns: readonly Column[]): boolean {
  const [, width, ...more] = tensor.shape;
  return (
    width === columns.length &&
    more.length === 0 &&
    !columns.some(({ name }) => name === tensor.name) &&
    columns.every(({ kind }) => datatypesOf(kind).includes(tensor.datatype))
  );
}

function put(rows: Record<string, JsonValue>[], row: number, name: string, value: JsonValue): void {
  const target = rows[row];
  if (target) target[name] = value;
}

/** An element as JSON has it: NaN is not known, moments are text, big whole numbers are decimal text. */
function cell(kind: Kind, element: Element, tensor: Tensor): JsonValue {
  if (element === null) return null;
  if (kind === "bigint") return String(element);
  if (typeof element === "bigint") {
    throw new PawlError("invalid_input", `Input "${tensor.name}" holds a number Pawl cannot keep exactly.`, {
      found: String(element),
      expected: "whole numbers up to 2⁵³",
    });
  }
  if (typeof element === "number") {
    if (Number.isNaN(element)) return null;
    if (kind === "timestamp") return formatInstant(instant(element));
    if (kind === "bool") return element !== 0;
  }
  if (typeof element === "boolean" && kind !== "bool") return element ? 1 : 0;
  return element;
}
