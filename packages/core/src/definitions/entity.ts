import type { ColumnType, ScalarKind } from "./kind.ts";
import { checkName, checkVersion, type Described } from "./name.ts";

export type KeyKind = Extract<ScalarKind, "string" | "int" | "bigint">;

/** What features describe: a typed key. Used as a column type, it says that the column holds such a key. */
export interface Entity<N extends string = string, K extends KeyKind = KeyKind> extends Described {
  readonly definition: "entity";
  readonly name: N;
  readonly version: number;
  readonly key: ColumnType<K>;
}

/** Defines an entity: `entity("airport", { key: t.string })`. */
export function entity<const N extends string, K extends KeyKind>(
  name: N,
  options: { readonly key: ColumnType<K>; readonly version?: number } & Described,
): Entity<N, K> {
  checkName(name, "entity");
  const { version = 1 } = options;
  checkVersion(version, "entity", name);
  return { definition: "entity", ...options, name, version };
}
