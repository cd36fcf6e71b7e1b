import type { Kind } from "../definitions/kind.ts";
import { isListKind } from "../definitions/kind.ts";
import { PawlError } from "../errors.ts";
import type { AggregateName, AggregateParameters } from "./aggregate.ts";

/** Refuses an argument of another kind than those listed; gives the kind back. */
export function argumentOf(name: AggregateName, arg: Kind | undefined, expected: readonly Kind[]): Kind {
  if (arg !== undefined && expected.includes(arg)) return arg;
  throw new PawlError("invalid_definition", `${name} cannot be taken of this.`, {
    found: arg ?? "no argument",
    expected: expected.join(" or "),
  });
}

/** Refuses lists and a missing argument; any single value will do. */
export function scalarArgumentOf<K extends Kind>(name: AggregateName, arg: K | undefined): K {
  if (arg !== undefined && !isListKind(arg)) return arg;
  throw new PawlError("invalid_definition", `${name} is of single values.`, {
    found: arg ?? "no argument",
    expected: "a column of the fact, or an expression over its columns",
  });
}

/** A parameter that must be there for this aggregate. */
export function parameterOf(
  name: AggregateName,
  params: AggregateParameters,
  parameter: keyof AggregateParameters,
): number {
  const value = params[parameter];
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new PawlError("invalid_definition", `${name} needs its parameter "${parameter}".`, {
    found: String(value),
  });
}
