import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { PawlError } from "@pawl/core";
import type { Context } from "hono";
import { HttpError } from "./http-error.ts";

const decoders = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/** The body's bytes, decompressed; refuses one that is or becomes longer than `limit` with 413. */
export async function readBytes(c: Context, limit: number): Promise<Uint8Array> {
  const announced = c.req.header("content-length");
  if (announced !== undefined && Number(announced) > limit) throw tooLong(limit);
  const raw = announced === undefined ? await readUpTo(c, limit) : new Uint8Array(await c.req.arrayBuffer());
  const encoding = c.req.header("content-encoding")?.trim().toLowerCase() ?? "identity";
  return encoding === "identity" || encoding === "" ? raw : decompressed(raw, encoding, limit);
}

/** The body as text; see `readBytes`. */
export async function readText(c: Context, limit: number): Promise<string> {
  const plain = c.req.header("content-encoding") === undefined;
  const announced = c.req.header("content-length");
  if (plain && announced !== undefined) {
    if (Number(announced) > limit) throw tooLong(limit);
    return c.req.text();
  }
  return textOf(await readBytes(c, limit));
}

/** The body as JSON; refuses other media types with 415 and malformed text with `invalid_input`. */
export async function readJson(c: Context, limit: number): Promise<unknown> {
  requireMediaType(c, "application/json");
  return parseJson(await readText(c, limit));
}

/** Refuses a body of another media type; `+json` kinds are JSON. */
export function requireMediaType(c: Context, expected: "application/json"): void {
  const given = c.req.header("content-type");
  if (given === expected) return;
  const type = given?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === expected || type?.endsWith("+json")) return;
  throw new HttpError(415, "invalid_input", "The body is of another media type.", {
    found: given ?? "no Content-Type",
    expected,
    next: `Send the header Content-Type: ${expected}`,
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new PawlError("invalid_input", "The body is not JSON.", {
      found: text.trim() === "" ? "nothing" : thrown instanceof Error ? thrown.message : String(thrown),
      expected: "one JSON document",
      cause: thrown,
    });
  }
}

export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new PawlError("invalid_input", "The body is not UTF-8 text.", { expected: "UTF-8", cause: thrown });
  }
}

async function readUpTo(c: Context, limit: number): Promise<Uint8Array> {
  const body = c.req.raw.body;
  if (!body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > limit) throw tooLong(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

async function decompressed(raw: Uint8Array, encoding: string, limit: number): Promise<Uint8Array> {
  if (!Object.hasOwn(decoders, encoding)) {
    throw new HttpError(415, "invalid_input", "The body is compressed in an unknown way.", {
      found: encoding,
      expected: Object.keys(decoders).join(", "),
    });
  }
  try {
    return await decoders[encoding as keyof typeof decoders](raw, { maxOutputLength: limit });
  } catch (thrown) {
    if (thrown instanceof RangeError) throw tooLong(limit);
    throw new PawlError("invalid_input", `The body is not ${encoding}.`, { cause: thrown });
  }
}

function tooLong(limit: number): HttpError {
  return new HttpError(413, "exhausted", "The body is too long.", {
    expected: `at most ${limit} bytes`,
    next: "Send fewer rows at a time.",
  });
}
