import { createHash } from "node:crypto";
import type { TimelineEntry } from "./timeline.ts";

/** The hash in front of the first entry. */
export const genesis = "0".repeat(64);

/**
 * SHA-256 (hex) of the JSON list [previous hash, id, at, actor kind, actor name, kind, subject kind,
 * subject name, subject version, subject hash, payload text]. The payload enters as its canonical text, so
 * the hash can be recomputed from what is stored, in any language.
 */
export function entryHash(
  previous: string,
  entry: Omit<TimelineEntry, "hash" | "payload">,
  payloadText: string,
): string {
  const { id, at, actor, kind, subject } = entry;
  const content = [
    previous,
    id,
    at,
    actor.kind,
    actor.name,
    kind,
    subject.kind,
    subject.name,
    subject.version ?? null,
    subject.hash ?? null,
    payloadText,
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
