import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import {
  catalog,
  type ExprNode,
  type FeatureGroup,
  type Json,
  type Kind,
  plan,
  PawlError,
  type ScalarKind,
  type View,
  type Work,
} from "@pawl/core";
import { checkPlan, refuseCase } from "../check-plan.ts";
import { ident } from "../engine/sql.ts";
import { type FillOptions, fillSpine, type ResultColumn, spineColumnsOf } from "../fill/fill.ts";
import { writeParquet } from "../fill/write-parquet.ts";
import type { Reach } from "../source/relation.ts";
import type { AsOf, Spine } from "../spine/spine.ts";
import {
  asOfColumn,
  labelColumn,
  labelKnownColumn,
  spineColumnKinds,
  spineTable,
} from "../spine/spine-table.ts";
import type { SweepPool } from "../sweep/sweep-pool.ts";
import { contentHashOf } from "./content-hash.ts";
import type { ColumnRole, DatasetColumn, DatasetManifest, FreezeRequest } from "./manifest.ts";

/** The key of a Parquet file's metadata under which a dataset describes itself. */
export const metadataKey = "pawl.dataset";
const reserved: readonly string[] = ["as_of", "label", "label_known"];

interface Asked {
  readonly view: View;
  readonly spine: Spine;
  readonly asOf: AsOf;
  readonly extra: readonly { readonly name: string; readonly kind: ScalarKind; readonly node: ExprNode }[];
  readonly label:
    | { readonly column: string; readonly kind: Kind; readonly known: string | undefined }
    | undefined;
  readonly description: Readonly<Record<string, unknown>>;
}

/** See History.freezeDataset. */
export async function freezeDataset(
  reach: Reach,
  pool: SweepPool,
  request: FreezeRequest,
  options: FillOptions,
  work: Work,
): Promise<DatasetManifest> {
  const asked = askedOf(request);
  const { view, spine, asOf, label } = asked;
  const groups = request.groups ?? new Map(view.groups.map((group) => [group.name, group]));
  const planned = plan(view, groups);
  checkPlan(planned);
  const own = Object.keys(spineColumnKinds(spine));
  const listed = new Set(planned.outputs.map((output) => output.name));
  const kept = own.filter((name) => !listed.has(name));
  refuseReserved([...kept, ...listed]);
  refuseCase("the dataset", [...kept, ...listed]);
  const folder = reach.containment.resolve(request.directory);

  work.onProgress?.({ stage: "reading the spine", done: 0 });
  const columns = new Set([...own, ...spineColumnsOf(planned)]);
  const table = await spineTable(reach, spine, asOf, { columns, extra: asked.extra });
  const carry = [...kept, asOfColumn, ...(label ? [label.column, label.known ?? asOfColumn] : [])];
  const result = await fillSpine(reach, pool, planned, table, { ...options, carry }, work);

  const named = [...kept, "as_of", ...(label ? ["label", "label_known"] : [])];
  const roles: ColumnRole[] = [
    ...kept.map((): ColumnRole => "spine"),
    "asOf",
    ...(label ? (["label", "labelKnown"] as const) : []),
  ];
  const carried = result.carried.map((column, i): ResultColumn => {
    const kind = named[i] === "label" && label ? label.kind : column.kind;
    return { ...column, name: named[i] ?? column.name, kind };
  });
  const all = [...carried, ...result.columns];
  const schema = all.map(({ name, kind }, i): DatasetColumn => ({ name, kind, role: roles[i] ?? "feature" }));

  const hash = await contentHashOf(reach.session, result.from, all, schema as unknown as Json, work);
  const [counts] = await reach.session.rows(
    `SELECT min(${at(carried, "as_of")}), max(${at(carried, "as_of")}), ${
      label ? `count(*) FILTER (${at(carried, "label")} IS NULL)::DOUBLE` : "NULL"
    } FROM ${result.from}`,
  );
  const [first, last, unlabelled] = (counts ?? []) as (number | null)[];
  const rowsWithoutLabel = label ? (unlabelled ?? 0) : null;
  const manifest: Omit<DatasetManifest, "file"> = {
    hash,
    rows: result.rows,
    columns: schema,
    timeRange: typeof first === "number" && typeof last === "number" ? { first, last } : null,
    rowsWithoutLabel,
    viewHash: viewHashOf(view, groups),
    spine: asked.description,
    ignoreKnownTime: options.ignoreKnownTime,
    warnings: warningsOf(result.rows, rowsWithoutLabel, table.timeless, options.ignoreKnownTime),
  };
  const path = join(folder, `${hash}.parquet`);
  work.onProgress?.({ stage: "writing", done: 0, total: result.rows });
  const metadata = { [metadataKey]: JSON.stringify(manifest) };
  const { bytes } = await writeParquet(reach.session, result.from, all, path, metadata);
  return { ...manifest, file: { path, sha256: await fileHash(path), bytes } };
}

const at = (columns: readonly ResultColumn[], name: string): string =>
  ident(columns.find((column) => column.name === name)?.sqlName ?? name);

function askedOf(request: FreezeRequest): Asked {
  if ("model" in request) {
    const { model } = request;
    const range = {
      ...(request.from !== undefined && { from: request.from as string }),
      ...(request.until !== undefined && { until: request.until as string }),
      ...(request.sample && { sample: request.sample }),
    };
    const labelKind = model.label.kind as ScalarKind;
    return {
      view: model.view as View,
      spine: { kind: "source", source: model.spine, ...(model.where && { where: model.where }), ...range },
      asOf: model.asOf,
      extra: [
        { name: labelColumn, kind: labelKind, node: model.label },
        { name: labelKnownColumn, kind: "timestamp", node: model.spine.knownTime },
      ],
      label: { column: labelColumn, kind: labelKind, known: labelKnownColumn },
      description: {
        source: model.spine.name,
        model: model.name,
        asOf: model.asOf,
        ...(model.where && { where: model.where }),
        ...range,
      },
    };
  }
  const { view, spine, asOf, label } = request;
  const kinds = spineColumnKinds(spine);
  if (label) {
    for (const column of [label.column, ...(label.known === undefined ? [] : [label.known])]) {
      if (kinds[column] !== undefined) continue;
      throw new PawlError("invalid_input", `The spine has no column "${column}" for the label.`, {
        found: Object.keys(kinds).join(", "),
        expected: `a column "${column}"`,
      });
    }
  }
  return {
    view,
    spine,
    asOf,
    extra: [],
    label: label && { column: label.column, kind: kinds[label.column] ?? "float", known: label.known },
    description: describe(spine, asOf),
  };
}

function describe(spine: Spine, asOf: AsOf): Readonly<Record<string, unknown>> {
  if (spine.kind === "rows") return { rows: spine.rows.length, asOf };
  const { from, until, sample } = spine;
  const more = {
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(sample && { sample }),
  };
  if (spine.kind === "file") return { file: spine.location.path, asOf, ...more };
  return { source: spine.source.name, asOf, ...(spine.where && { where: spine.where }), ...more };
}

function refuseReserved(names: readonly string[]): void {
  const taken = names.find((name) => reserved.includes(name.toLowerCase()));
  if (taken === undefined) return;
  throw new PawlError("invalid_definition", `A dataset keeps the name "${taken}" for itself.`, {
    found: `a column "${taken}"`,
    expected: `names other than ${reserved.join(", ")}`,
    next: "Give the column another name in the view, or read the source's column under another name (rename).",
  });
}

function viewHashOf(view: View, groups: ReadonlyMap<string, FeatureGroup>): string {
  const { documents } = catalog([...groups.values(), ...view.models, view]);
  const document = documents.find(({ kind, name }) => kind === "view" && name === view.name);
  if (!document) throw new PawlError("internal", `The view "${view.name}" has no document.`);
  return document.hash;
}

function warningsOf(rows: number, unlabelled: number | null, timeless: number, leaks: boolean): string[] {
  return [
    ...(rows === 0 ? ["The spine is empty: the dataset has columns and no rows."] : []),
    ...(rows > 0 && unlabelled === rows ? ["No row has a label: nothing can be learned from it yet."] : []),
    ...(timeless > 0 ? [`${timeless} rows have no moment; nothing was known to them.`] : []),
    ...(leaks ? ["knownTime was ignored: values may come from the future of their rows."] : []),
  ];
}

/** SHA-256 of a file's bytes. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest("hex");
}
