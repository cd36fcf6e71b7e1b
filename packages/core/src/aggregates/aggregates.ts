import { PawlError } from "../errors.ts";
import type { Aggregate, AggregateName } from "./aggregate.ts";

/** Every aggregate by name. */
export const aggregates: { readonly [N in AggregateName]: Aggregate<never> } = new Proxy(
  {} as { readonly [N in AggregateName]: Aggregate<never> },
  {
    get: (_, name) => {
      throw new PawlError("unsupported", `The aggregate "${String(name)}" is not there.`);
    },
  },
);
