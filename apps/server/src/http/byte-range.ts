import { HttpError } from "./http-error.ts";

/** A stretch of a file, half-open [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The stretch a Range header asks for (RFC 9110 § 14). Undefined means the whole: no header, another unit,
 * several stretches, or a header that is not well formed, all of which a server may pass over. A stretch
 * beyond the end is refused with 416.
 */
export function byteRange(header: string | undefined, length: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (!match || (first === "" && last === "")) return undefined;
  if (first === "") {
    const start = Math.max(0, length - Number(last));
    if (start < length) return { start, end: length };
  } else {
    const start = Number(first);
    const end = last === "" ? length : Math.min(length, Number(last) + 1);
    if (last !== "" && Number(last) < start) return undefined;
    if (start < length) return { start, end };
  }
  throw new HttpError(416, "invalid_input", "The range lies beyond the file.", {
    found: header ?? "",
    expected: `bytes of 0-${length - 1}`,
    headers: { "content-range": `bytes */${length}` },
  });
}

/** Whether an If-None-Match header names this entity tag (weak comparison). */
export function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === tag);
}
