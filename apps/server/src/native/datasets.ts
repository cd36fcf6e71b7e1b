import { Readable } from "node:stream";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { PawlError } from "@pawl/core";
import type { Dataset } from "@pawl/ledger";
import type { Context } from "hono";
import { byteRange, matches } from "../http/byte-range.ts";
import type { PawlEnv } from "../http/edge.ts";
import type { Ports } from "../ports.ts";
import {
  AnyJson,
  answer,
  given,
  maybeMoment,
  missing,
  Moment,
  momentText,
  Ordinal,
  pageOf,
  pageQuery,
  refusals,
  shownPage,
  Tags,
} from "./schemas.ts";

const DatasetDocument = z
  .object({
    name: z.string(),
    version: z.number().int(),
    hash: z.string().openapi({ description: "SHA-256 of the content, whatever the layout of files." }),
    schema: z.array(z.object({ name: z.string(), type: z.string(), role: z.string().optional() })).readonly(),
    rows: z.number().int(),
    files: z
      .array(
        z.object({
          url: z.string().openapi({ description: "Where to read it, from this server's root." }),
          sha256: z.string(),
          bytes: z.number().int(),
          rows: z.number().int().optional(),
        }),
      )
      .readonly(),
    spine: AnyJson,
    viewHash: z.string().optional(),
    asOf: Moment.optional(),
    split: AnyJson.optional(),
    report: AnyJson.optional(),
    tags: Tags,
    createdAt: Moment,
    removedAt: Moment.optional(),
  })
  .openapi("Dataset");

function shown(dataset: Dataset): z.input<typeof DatasetDocument> {
  const { files, asOf, createdAt, removedAt, ...rest } = dataset;
  const base = `/api/v1/datasets/${encodeURIComponent(dataset.name)}/versions/${dataset.version}`;
  return {
    ...rest,
    files: files.map(({ sha256, bytes, rows }, i) => ({
      sha256,
      bytes,
      ...(rows !== undefined && { rows }),
      url: files.length === 1 ? `${base}/data.parquet` : `${base}/files/${i}.parquet`,
    })),
    ...maybeMoment("asOf", asOf),
    createdAt: momentText(createdAt),
    ...maybeMoment("removedAt", removedAt),
  };
}

const ref = { name: z.string(), version: Ordinal };

const list = createRoute({
  method: "get",
  path: "/datasets",
  tags: ["datasets"],
  summary: "List datasets",
  request: {
    query: z.strictObject({
      name: z.string().optional(),
      search: z.string().optional().openapi({ description: "A part of the name." }),
      viewHash: z.string().optional(),
      presence: z.enum(["live", "removed", "both"]).optional(),
      ...pageQuery,
    }),
  },
  responses: { 200: answer("By name, newest version first.", pageOf(DatasetDocument)), ...refusals },
});

const get = createRoute({
  method: "get",
  path: "/datasets/{name}/versions/{version}",
  tags: ["datasets"],
  summary: "Get a dataset",
  request: { params: z.object(ref) },
  responses: { 200: answer("The dataset.", DatasetDocument), ...refusals },
});

const file = { "application/vnd.apache.parquet": { schema: z.string().openapi({ format: "binary" }) } };
const fileAnswers = {
  200: { description: "The whole file. ETag is its SHA-256.", content: file },
  206: { description: "The stretch asked for.", content: file },
  304: { description: "The client has it already." },
  416: { description: "The stretch lies beyond the file." },
  ...refusals,
};

const data = createRoute({
  method: "get",
  path: "/datasets/{name}/versions/{version}/data.parquet",
  tags: ["datasets"],
  summary: "Read a dataset",
  description: "One Parquet file, by ranges too: pandas, polars and DuckDB read straight from this address.",
  request: { params: z.object(ref) },
  responses: fileAnswers,
});

const part = createRoute({
  method: "get",
  path: "/datasets/{name}/versions/{version}/files/{file}",
  tags: ["datasets"],
  summary: "Read one file of a dataset",
  request: { params: z.object({ ...ref, file: z.string().regex(/^\d{1,6}\.parquet$/) }) },
  responses: fileAnswers,
});

export function datasetRoutes(app: OpenAPIHono<PawlEnv>, ports: Ports): void {
  const { ledger } = ports;
  const find = async (wanted: { name: string; version: number }): Promise<Dataset> => {
    const found = await ledger.datasets.get(wanted);
    if (found) return found;
    throw missing(
      `dataset "${wanted.name}" version ${wanted.version}`,
      "List what there is: GET /api/v1/datasets",
    );
  };

  app.openapi(list, async (c) => {
    return c.json(shownPage(await ledger.datasets.list(given(c.req.valid("query"))), shown), 200);
  });
  app.openapi(get, async (c) => c.json(shown(await find(c.req.valid("param"))), 200));
  app.openapi(data, async (c) => {
    const dataset = await find(c.req.valid("param"));
    if (dataset.files.length !== 1) {
      throw new PawlError("conflict", "The dataset is not one file.", {
        found: `${dataset.files.length} files`,
        next: "Read them one by one; their addresses are in files of the dataset's document.",
      });
    }
    return sendFile(c, ports, dataset, 0);
  });
  app.openapi(part, async (c) => {
    const { file: name, ...wanted } = c.req.valid("param");
    return sendFile(c, ports, await find(wanted), Number.parseInt(name, 10));
  });
}

async function sendFile(c: Context, ports: Ports, dataset: Dataset, index: number): Promise<Response> {
  const file = dataset.files[index];
  if (!file)
    throw missing(`file ${index} of this dataset`, `It has ${dataset.files.length}, counted from 0.`);
  const tag = `"${file.sha256}"`;
  // A frozen dataset never changes: whoever has it may keep it.
  const headers: Record<string, string> = {
    etag: tag,
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=31536000, immutable",
    "content-type": "application/vnd.apache.parquet",
  };
  if (matches(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);
  const { bytes, read } = await ports.datasetFiles.open(file);
  const condition = c.req.header("if-range");
  const wanted = condition === undefined || condition === tag ? c.req.header("range") : undefined;
  const range = byteRange(wanted, bytes);
  const stretch = range ?? { start: 0, end: bytes };
  headers["content-length"] = String(stretch.end - stretch.start);
  if (range) headers["content-range"] = `bytes ${range.start}-${range.end - 1}/${bytes}`;
  const status = range ? 206 : 200;
  if (c.req.method === "HEAD" || stretch.end === stretch.start) return c.body(null, status, headers);
  return c.body(Readable.toWeb(Readable.from(read(stretch))) as ReadableStream, status, headers);
}
