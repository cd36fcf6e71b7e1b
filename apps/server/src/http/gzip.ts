import { promisify } from "node:util";
import { gzip as deflate } from "node:zlib";
import type { MiddlewareHandler } from "hono";
import type { PawlEnv } from "./edge.ts";

const compress = promisify(deflate);

/** Shorter answers fit a packet or two anyway. */
const least = 2048;
const textual = /^(?:text\/|application\/(?:json|problem\+json|openapi\+json))/;

/** Compresses text worth compressing. For pages and listings; predictions and files go as they are. */
export const gzip: MiddlewareHandler<PawlEnv> = async (c, next) => {
  await next();
  const { res } = c;
  const wanted = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/.test(c.req.header("accept-encoding") ?? "");
  if (!wanted || c.req.method === "HEAD" || res.headers.has("content-encoding")) return;
  if (!textual.test(res.headers.get("content-type") ?? "")) return;
  const bytes = await res.clone().arrayBuffer();
  if (bytes.byteLength < least) return;
  const smaller = await compress(bytes);
  const headers = new Headers(res.headers);
  headers.set("content-encoding", "gzip");
  headers.append("vary", "accept-encoding");
  headers.delete("content-length");
  c.res = undefined;
  c.res = new Response(smaller, { status: res.status, headers });
};
