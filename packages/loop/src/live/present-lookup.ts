import type { Instant } from "@pawl/core";
import type { OnlineStore } from "@pawl/present";
import type { FeatureLookup } from "../feature-lookup.ts";

/** Looks features up in the present: what every acknowledged fact says, in microseconds. */
export function presentLookup(present: Pick<OnlineStore, "vectors">): FeatureLookup {
  return {
    async look(model, _plan, rows) {
      const asOf = rows.map((row) => row.asOf as Instant);
      const columns = rows.map((row) => row.columns);
      const { values } = await present.vectors(model.view, columns, { asOf });
      return values;
    },
  };
}
