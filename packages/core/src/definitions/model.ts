import { PawlError } from "../errors.ts";
import { type BoolExpr, type ExprOf, type NumberExpr, type StringExpr, wrap } from "./expression.ts";
import { type ExprNode, predictionNode, walk } from "./expression-node.ts";
import { isListKind, type Kind } from "./kind.ts";
import { checkName, checkVersion, type Described } from "./name.ts";
import type { Columns, ColumnsOfKind, FactScope, Source } from "./source.ts";
import { columnNodes, type View, view, type ViewItem, type ViewValues } from "./view.ts";

export type LabelTask = "binary" | "multiclass" | "regression";

/** A yes/no label makes a binary model, text a multiclass one, a number a regression. */
export type LabelExpr = BoolExpr | StringExpr | NumberExpr;

export interface ModelOptions<C extends Columns, I extends readonly ViewItem<C>[]> extends Described {
  /** The facts a prediction is wanted for; each is one row of the training set. */
  readonly spine: Source<string, C>;
  /** The column that holds the moment the prediction is made: features see what was known before it. */
  readonly asOf: ColumnsOfKind<C, "timestamp">;
  /** What came of it, from the columns of the same fact; known when the fact is (its knownTime). */
  readonly label: (f: FactScope<C>) => LabelExpr;
  /** Only these facts are asked about. */
  readonly where?: (f: FactScope<C>) => BoolExpr;
  readonly view: I;
  readonly version?: number;
}

/** A function from a view to a prediction: the definition; trained versions live in the ledger. */
export interface Model<N extends string = string, C extends Columns = Columns, V = unknown>
  extends Described {
  readonly definition: "model";
  readonly name: N;
  readonly version: number;
  readonly spine: Source;
  readonly asOf: string;
  readonly label: ExprNode;
  readonly where: ExprNode | undefined;
  readonly task: LabelTask;
  readonly view: View<N, C, V>;
  /** A model is a feature: list it in a view, or use its prediction in expressions. */
  readonly f: { readonly prediction: ExprOf<"float"> };
}

/** Defines a model. */
export function model<const N extends string, C extends Columns, const I extends readonly ViewItem<C>[]>(
  name: N,
  options: ModelOptions<C, I>,
): Model<N, C, ViewValues<C, I>> {
  checkName(name, "model");
  const { spine, asOf, label, where, view: items, version = 1, ...described } = options;
  checkVersion(version, "model", name);
  const node = label(spine.fact).node;
  const task = taskOf(name, node);
  if (!Object.hasOwn(spine.columns, asOf)) {
    throw new PawlError("invalid_definition", `The spine of model "${name}" has no column "${asOf}".`, {
      expected: `one of ${Object.keys(spine.columns).join(", ")}`,
    });
  }
  const shown = view<N, C, I>(name, { spine: spine.columns, items });
  for (const column of shown.columns) refuseUnlearnable(name, column.name, column.kind);
  refuseAnswerAsInput(name, node, shown);
  return {
    definition: "model",
    ...described,
    name,
    version,
    spine: spine as unknown as Source,
    asOf,
    label: node,
    where: where?.(spine.fact).node,
    task,
    view: shown,
    f: { prediction: wrap(predictionNode(name), "float") },
  };
}

function taskOf(name: string, label: ExprNode): LabelTask {
  if (label.kind === "bool") return "binary";
  if (label.kind === "string") return "multiclass";
  if (label.kind === "int" || label.kind === "float") return "regression";
  throw new PawlError("invalid_definition", `The label of model "${name}" cannot be learned.`, {
    found: label.kind,
    expected: "bool (yes or no), string (one of several) or a number",
  });
}

function refuseUnlearnable(name: string, column: string, kind: Kind): void {
  if (kind !== "timestamp" && !isListKind(kind)) return;
  throw new PawlError("invalid_definition", `Model "${name}" cannot learn from "${column}".`, {
    found: kind,
    expected: "a number, text, yes/no, an identifier or a length of time",
    next: isListKind(kind)
      ? "Take single items of the list: { newest: group.f.feature.at(0) }."
      : "Use recency, since(…), or a calendar encoding such as hourOfDay(…).",
  });
}

/** The label's own columns are known only when the label is; a model that reads them would know the answer. */
function refuseAnswerAsInput(name: string, label: ExprNode, shown: View): void {
  const answer = new Set(columnsOf(label));
  for (const column of shown.columns) {
    for (const node of columnNodes(column)) {
      const leaked = columnsOf(node).find((used) => answer.has(used));
      if (leaked === undefined) continue;
      throw new PawlError("invalid_definition", `Model "${name}" would be told the answer.`, {
        found: `"${column.name}" reads "${leaked}", which the label is made of`,
        expected: "inputs that are known when the prediction is made",
        next: `Use what was known of earlier facts instead, such as last(f.${leaked}) of a group.`,
      });
    }
  }
}

function columnsOf(node: ExprNode): string[] {
  const names: string[] = [];
  walk(node, (inner) => {
    if (inner.op === "column") names.push(inner.name);
  });
  return names;
}
