import { PawlError } from "@pawl/core";
import type { ArtifactListing, ArtifactOwner } from "@pawl/ledger";
import type { Context, Hono } from "hono";
import { z } from "zod";
import { pathBelow, safePath } from "./artifact-path.ts";
import type { ArtifactPlace } from "./artifact-roots.ts";
import type { Desk } from "./desk.ts";
import { endpoint } from "./endpoint.ts";
import { optionalText, requiredText } from "./wire-values.ts";
import { WireError } from "./wire-error.ts";

const top = "/mlflow-artifacts/artifacts";

/** The file routes: `PUT`, `GET` and `DELETE` raw bytes, `GET ?path=` lists. Bytes are streamed. */
export function mountArtifacts(app: Hono, prefix: string, deskOf: (c: Context) => Desk): void {
  const base = `${prefix}${top}`;
  app.get(base, async (c) => c.json(await listing(deskOf(c), c.req.query("path") ?? "")));
  app.put(`${base}/*`, async (c) => c.json(await store(c, deskOf(c), base)));
  app.get(`${base}/*`, (c) => send(c, deskOf(c), base));
  app.delete(`${base}/*`, async (c) => c.json(await remove(c, deskOf(c), base)));
  app.all(`${prefix}/mlflow-artifacts/mpu/*`, () => {
    throw new WireError(
      "NOT_IMPLEMENTED",
      "unsupported",
      "Multipart upload is not supported for the current artifact repository.",
      { next: "Send the file with one PUT." },
    );
  });
  app.all(`${prefix}/mlflow-artifacts/presigned/*`, () => {
    throw new WireError("NOT_IMPLEMENTED", "unsupported", "There are no presigned addresses here.", {
      next: "Fetch the file with one GET.",
    });
  });
}

async function place(c: Context, desk: Desk, base: string): Promise<ArtifactPlace> {
  const path = pathBelow(new URL(c.req.url).pathname, `${base}/`);
  const found = await desk.roots.find(path);
  if (found !== undefined) return found;
  throw new PawlError("not_found", "This path belongs to no run and no logged model.", {
    found: JSON.stringify(path),
    expected: "<experiment>/<run>/artifacts/… or <experiment>/models/<model>/artifacts/…",
  });
}

async function store(c: Context, desk: Desk, base: string): Promise<object> {
  const body = c.req.raw.body as AsyncIterable<Uint8Array> | null;
  try {
    const { owner, path } = await place(c, desk, base);
    if (path === "") throw new PawlError("invalid_input", "A file needs a name.");
    // The signal ends the upload when the client goes away, and leaves nothing behind.
    const blob = await desk.blobs.put(body ?? [], { signal: c.req.raw.signal });
    const mediaType = c.req.header("content-type");
    await desk.ledger.artifacts.put(owner, {
      path,
      blob: blob.hash,
      bytes: blob.bytes,
      ...(mediaType !== undefined && { mediaType }),
    });
    return {};
  } catch (thrown) {
    // An answer while the client still writes would reach it as a broken pipe, which it takes for a fault of
    // the network and repeats.
    if (body !== null && !c.req.raw.bodyUsed) for await (const _ of body);
    throw thrown;
  }
}

async function send(c: Context, desk: Desk, base: string): Promise<Response> {
  const { owner, path } = await place(c, desk, base);
  const file = path === "" ? undefined : await desk.ledger.artifacts.get(owner, path);
  if (file === undefined) {
    throw new PawlError("not_found", "There is no such artifact.", { found: JSON.stringify(path) });
  }
  const range = rangeOf(c.req.header("range"), file.bytes);
  const start = range?.start ?? 0;
  const end = range?.end ?? file.bytes;
  const headers = {
    "content-type": "application/octet-stream",
    "content-length": String(end - start),
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(path.split("/").at(-1) ?? "")}`,
    "x-content-type-options": "nosniff",
    "accept-ranges": "bytes",
    etag: `"${file.blob}"`,
    ...(range && { "content-range": `bytes ${start}-${end - 1}/${file.bytes}` }),
  };
  return new Response(streamOf(desk.blobs.get(file.blob, { start, end })), {
    status: range ? 206 : 200,
    headers,
  });
}

/** Chunks as the network takes them: one is read when there is room for it. */
function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

/** One range of bytes, half-open; anything else of the header is passed over, as HTTP allows. */
function rangeOf(header: string | undefined, bytes: number): { start: number; end: number } | undefined {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === "" || to === "" ? bytes : Math.min(bytes, Number(to) + 1);
  return start < end ? { start, end } : undefined;
}

async function remove(c: Context, desk: Desk, base: string): Promise<object> {
  const { owner, path } = await place(c, desk, base);
  await desk.ledger.artifacts.remove(owner, path);
  return {};
}

/** Names only, below the folder; nothing for a file, a missing folder or a place that is no one's. */
async function listing(desk: Desk, wanted: string): Promise<object> {
  const found = await desk.roots.find(safePath(wanted));
  if (found === undefined) return {};
  const files = await desk.ledger.artifacts.list(found.owner, found.path);
  if (files.length === 0) return {};
  return { files: files.map((file) => ({ ...fileInfo(file), path: file.path.split("/").at(-1) })) };
}

const fileInfo = (file: ArtifactListing) =>
  file.folder ? { path: file.path, is_dir: true } : { path: file.path, is_dir: false, file_size: file.bytes };

async function listOwned(
  desk: Desk,
  owner: ArtifactOwner,
  root: string,
  path: string | undefined,
): Promise<object> {
  const files = await desk.ledger.artifacts.list(owner, safePath(path ?? ""));
  return { root_uri: root, ...(files.length > 0 && { files: files.map(fileInfo) }) };
}

/** Lists of a run's and a logged model's files, with paths below their roots. */
export const artifactEndpoints = [
  endpoint(
    "GET /artifacts/list",
    { input: z.object({ run_id: optionalText, run_uuid: optionalText, path: optionalText }) },
    async ({ run_id, run_uuid, path }, desk) => {
      const id = run_id ?? run_uuid ?? "";
      const run = await desk.ledger.runs.get(id);
      if (run === undefined) throw new PawlError("not_found", `Run with id=${id} not found.`);
      return listOwned(desk, { kind: "run", id }, await desk.roots.ofRun(run), path);
    },
  ),
  endpoint(
    "GET /logged-models/:model_id/artifacts/directories",
    { input: z.object({ model_id: requiredText, artifact_directory_path: optionalText }) },
    async ({ model_id: id, artifact_directory_path }, desk) => {
      const model = await desk.ledger.loggedModels.get(id);
      if (model === undefined) throw new PawlError("not_found", `Logged model with id=${id} not found.`);
      return listOwned(
        desk,
        { kind: "logged-model", id },
        await desk.roots.ofModel(model),
        artifact_directory_path,
      );
    },
  ),
];
