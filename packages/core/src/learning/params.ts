import { PawlError } from "../errors.ts";

/** One hyper-parameter as plain data: a form, a CLI flag or a search space can be made of it. */
export type ParamSpec =
  | {
      readonly type: "number" | "integer";
      readonly about: string;
      readonly default: number;
      readonly min: number;
      readonly max: number;
    }
  | { readonly type: "boolean"; readonly about: string; readonly default: boolean }
  | {
      readonly type: "choice";
      readonly about: string;
      readonly default: string;
      readonly choices: readonly string[];
    }
  | { readonly type: "text"; readonly about: string; readonly default: string }
  /** A sign per column name: 1 rising, −1 falling, 0 free. */
  | { readonly type: "signs"; readonly about: string; readonly default: Readonly<Record<string, number>> };

/** The hyper-parameters of an estimator whose parameter object is `P`. */
export type ParamSpecs<P> = { readonly [K in keyof P]: ParamSpec };

/**
 * Fills in defaults and refuses unknown names, wrong types and values outside their range.
 * Throws `invalid_input`, naming the parameter.
 */
export function resolveParams<P extends object>(specs: ParamSpecs<P>, given: Partial<P>): P {
  const known = specs as Readonly<Record<string, ParamSpec>>;
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    throw new PawlError("invalid_input", `There is no parameter "${name}".`, {
      found: name,
      expected: `one of ${Object.keys(known).join(", ")}`,
    });
  }
  const values = given as Readonly<Record<string, unknown>>;
  const resolved: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(known)) {
    const value = values[name];
    resolved[name] = value === undefined ? spec.default : checkParam(name, spec, value);
  }
  return resolved as P;
}

function checkParam(name: string, spec: ParamSpec, value: unknown): unknown {
  const refuse = (expected: string): never => {
    throw new PawlError("invalid_input", `The parameter "${name}" cannot take this value.`, {
      found: typeof value === "string" ? JSON.stringify(value) : String(value),
      expected,
    });
  };
  switch (spec.type) {
    case "number":
    case "integer": {
      const kind = spec.type === "integer" ? "a whole number" : "a number";
      const wrong =
        typeof value !== "number" ||
        !(value >= spec.min && value <= spec.max) ||
        (spec.type === "integer" && !Number.isInteger(value));
      return wrong ? refuse(`${kind} from ${spec.min} to ${spec.max}`) : value;
    }
    case "boolean":
      return typeof value === "boolean" ? value : refuse("true or false");
    case "choice":
      return typeof value === "string" && spec.choices.includes(value)
        ? value
        : refuse(`one of ${spec.choices.join(", ")}`);
    case "text":
      return typeof value === "string" ? value : refuse("a text");
    case "signs": {
      const fine =
        typeof value === "object" &&
        value !== null &&
        Object.values(value).every((sign) => sign === 1 || sign === -1 || sign === 0);
      return fine ? value : refuse("an object of column names to 1, 0 or −1");
    }
  }
}
