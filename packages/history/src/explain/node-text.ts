import { type ExprNode, formatDuration, formatInstant, type FunctionName } from "@pawl/core";

const infix: Partial<Record<FunctionName, string>> = {
  add: "+",
  subtract: "−",
  multiply: "×",
  divide: "÷",
  modulo: "mod",
  equal: "=",
  less: "<",
  lessOrEqual: "≤",
  and: "and",
  or: "or",
  timeAdd: "+",
};

/** An expression over one fact as a person would write it. */
export function nodeText(node: ExprNode): string {
  switch (node.op) {
    case "literal":
      if (node.value === null) return "null";
      if (node.kind === "duration")
        return formatDuration(Number(node.value) as Parameters<typeof formatDuration>[0]);
      if (node.kind === "timestamp")
        return formatInstant(Number(node.value) as Parameters<typeof formatInstant>[0]);
      return node.kind === "string" ? JSON.stringify(node.value) : String(node.value);
    case "column":
      return node.name;
    case "asOf":
      return "asOf";
    case "feature":
      return `${node.group}.${node.feature}`;
    case "aggregate":
      return `${node.fn}(${node.arg ? nodeText(node.arg) : ""})`;
    case "call": {
      const args = node.args.map((arg) =>
        arg.op === "call" && infix[arg.fn] && infix[node.fn] ? `(${nodeText(arg)})` : nodeText(arg),
      );
      const word = infix[node.fn];
      return word === undefined ? `${node.fn}(${args.join(", ")})` : args.join(` ${word} `);
    }
  }
}
