import type { Context } from "hono";
import type { Log } from "../log.ts";
import type { PawlEnv } from "./edge.ts";
import { type Refusal, refusalOf } from "./http-error.ts";

/** How one protocol says no. Each wire has one of these, and nothing else that renders errors. */
export interface Wire {
  readonly name: string;
  /** Whether a path is this protocol's. */
  owns(path: string): boolean;
  /** The body of a refusal and its media type. */
  render(refusal: Refusal): { readonly body: string; readonly mediaType: string };
}

/** Pawl's own: the error document. It owns every path no other wire does. */
export const nativeWire: Wire = {
  name: "pawl",
  owns: () => true,
  render: ({ error }) => ({ body: JSON.stringify(error), mediaType: "application/json" }),
};

/** Turns anything thrown into an answer in the form of the wire it came by; faults of ours are logged whole. */
export function refuser(
  wires: readonly Wire[],
  log: Log,
): (thrown: unknown, c: Context<PawlEnv>) => Response {
  return (thrown, c) => {
    const requestId = c.get("requestId") ?? "";
    const refusal = refusalOf(thrown, requestId);
    if (refusal.error.code === "internal") {
      const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      log.error({ requestId, path: c.req.path, stack }, "a fault of ours");
    }
    const wire = wires.find((each) => each.owns(c.req.path)) ?? nativeWire;
    const { body, mediaType } = wire.render(refusal);
    return c.body(body, refusal.status, { ...refusal.headers, "content-type": mediaType });
  };
}
