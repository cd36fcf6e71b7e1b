import { columnKind, type ScalarKind, type Source, type Value } from "@pawl/core";
import { type AppendColumn, createTable } from "./engine/append.ts";
import { Database } from "./engine/database.ts";
import { ident, text } from "./engine/sql.ts";

export type FactRow = Readonly<Record<string, Value | undefined>>;

let database: Promise<Database> | undefined;

/** How a kind lies in a file, from the DOUBLE, BIGINT, VARCHAR or BOOLEAN it was put into a table as. */
const stored: Partial<Record<ScalarKind, (column: string) => string>> = {
  int: (column) => `(nullif(${column}, 'nan'::DOUBLE))::BIGINT`,
  timestamp: (column) => `make_timestamptz((nullif(${column}, 'nan'::DOUBLE))::BIGINT)`,
  duration: (column) => `(nullif(${column}, 'nan'::DOUBLE))::BIGINT`,
};

/** Writes facts of a source to a file: Parquet, CSV, NDJSON or a table of a DuckDB database. */
export async function writeFacts(
  path: string,
  source: Pick<Source, "columns">,
  facts: readonly FactRow[],
  format: "parquet" | "csv" | "json" = "parquet",
): Promise<void> {
  database ??= Database.open({ threads: 1 });
  const session = await (await database).session();
  try {
    const kinds = Object.entries(source.columns).map(([name, column]) => [name, columnKind(column)] as const);
    const columns = kinds.map(([name, kind]): AppendColumn => {
      const cells = facts.map((fact) => fact[name] ?? null);
      if (kind === "string") return { name, type: "VARCHAR", values: cells as (string | null)[] };
      if (kind === "bigint") return { name, type: "BIGINT", values: cells as (bigint | null)[] };
      if (kind === "bool") return { name, type: "BOOLEAN", values: cells as (boolean | null)[] };
      return {
        name,
        type: "DOUBLE",
        values: Float64Array.from(cells, (x) => (x === null ? Number.NaN : Number(x))),
      };
    });
    await createTable(session, "facts", columns, facts.length);
    const shown = kinds.map(
      ([name, kind]) => `${stored[kind]?.(ident(name)) ?? ident(name)} AS ${ident(name)}`,
    );
    const options = { parquet: "FORMAT parquet", csv: "FORMAT csv, HEADER", json: "FORMAT json" }[format];
    await session.run(`COPY (SELECT ${shown.join(", ")} FROM facts) TO ${text(path)} (${options})`);
  } finally {
    await session.close();
  }
}
