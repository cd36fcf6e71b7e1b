import { sees } from "@pawl/core";
import type { DataColumn } from "../harness/parquet-file.ts";
import { features, type JoinData } from "./data.ts";

/** The answer by the letter of the first law, fact by fact: slow, and for small data. */
export function expectedJoin(data: JoinData): Float64Array[] {
  const [factKey, event, known] = data.facts.map(({ values }) => values) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [, spineKey, asOf] = data.spine.map(({ values }) => values) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const byKey = new Map<number, number[]>();
  factKey.forEach((key, i) => {
    const same = byKey.get(key);
    if (same) same.push(i);
    else byKey.set(key, [i]);
  });
  const chosen = Array.from(spineKey, (key, row) => {
    const at = asOf[row] as number;
    let best = -1;
    for (const i of byKey.get(key) ?? []) {
      if (!sees({}, event[i] as number, known[i] as number, at)) continue;
      if (best < 0 || (event[i] as number) > (event[best] as number)) best = i;
    }
    return best;
  });
  const columns = new Map(data.facts.map((column): [string, DataColumn] => [column.name, column]));
  return features.map((name) => {
    const values = columns.get(name)?.values;
    return Float64Array.from(chosen, (i) => (i < 0 ? Number.NaN : (values?.[i] ?? Number.NaN)));
  });
}
