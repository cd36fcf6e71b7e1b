import type { Expr } from "./expression.ts";
import type { ColumnType, JsOf, ScalarKind } from "./kind.ts";
import { checkName, type Described } from "./name.ts";

export type OnDemandInputs = Readonly<Record<string, Expr>>;

/** The row an on-demand function gets: the inputs' values, null where not known. */
export type OnDemandRow<I extends OnDemandInputs> = {
  readonly [N in keyof I]: JsOf<I[N]["kindType"]> | null;
};

/**
 * A feature computed by a TypeScript function from other values of the same row. The same function
 * runs in history and online, so it must depend on its row only: no clock, no randomness, no I/O,
 * no variables from outside. Its source text is part of its meaning. Engines other than Pawl's own
 * process cannot run it and refuse it by name.
 */
export interface OnDemand<N extends string = string, K extends ScalarKind = ScalarKind> extends Described {
  readonly use: "onDemand";
  readonly name: N;
  readonly returns: K;
  readonly inputs: OnDemandInputs;
  readonly compute: (row: Readonly<Record<string, unknown>>) => unknown;
}

/** Defines an on-demand feature: `onDemand("ratio", { inputs: { a, b }, returns: t.float }, (row) => …)`. */
export function onDemand<const N extends string, I extends OnDemandInputs, K extends ScalarKind>(
  name: N,
  options: { readonly inputs: I; readonly returns: ColumnType<K> } & Described,
  compute: (row: OnDemandRow<I>) => JsOf<K> | null,
): OnDemand<N, K> {
  checkName(name, "on-demand feature");
  const { returns, ...rest } = options;
  return {
    use: "onDemand",
    ...rest,
    name,
    returns: returns.kind,
    compute: compute as OnDemand<N, K>["compute"],
  };
}
