import { PawlError } from "@pawl/core";
import { ident, text } from "../engine/sql.ts";
import { openLocation, type PhysicalRelation, readExpressions, type Reach } from "../source/relation.ts";
import { metadataKey } from "./freeze.ts";
import type { DatasetManifest } from "./manifest.ts";

/** A frozen dataset opened for reading. */
export interface OpenDataset {
  readonly manifest: Omit<DatasetManifest, "file">;
  /** A SELECT of all its columns as DOUBLE, BIGINT, BOOLEAN, VARCHAR or lists, rows in order. */
  readonly select: string;
}

/** Opens a file that `freezeDataset` wrote; `bad_data` when it is something else. */
export async function openDataset(reach: Reach, path: string): Promise<OpenDataset> {
  const relation: PhysicalRelation = await openLocation(reach, "dataset", { kind: "parquet", path });
  const file = reach.containment.resolve(path);
  const rows = await reach.session.rows(
    `SELECT decode(value) FROM parquet_kv_metadata(${text(file)}) WHERE decode(key) = ${text(metadataKey)}`,
  );
  const written = rows[0]?.[0];
  if (typeof written !== "string") {
    throw new PawlError("bad_data", "This Parquet file is not a frozen dataset.", {
      found: `no "${metadataKey}" in its metadata`,
      expected: "a file written by freezing a dataset",
      next: "Freeze a dataset from the file as a spine.",
      details: { path },
    });
  }
  const manifest = JSON.parse(written) as OpenDataset["manifest"];
  const columns = manifest.columns.map(({ name, kind }) => {
    if (kind.startsWith("list<")) return `${ident(name)}`;
    const sql = readExpressions("dataset", relation, { [name]: kind as "float" }).get(name);
    return `${sql ?? "NULL"} AS ${ident(name)}`;
  });
  return { manifest, select: `SELECT ${columns.join(", ")} FROM ${relation.from}` };
}
