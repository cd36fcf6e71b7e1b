import { PawlError } from "@pawl/core";

/**
 * A relative path with "/" between its parts and nothing that could lead out of its folder: no "..", no
 * empty part, no back-slash, drive, NUL or percent-encoded separator. Returned unchanged, or refused with
 * `invalid_input`.
 */
export function checkArtifactPath(path: string): string {
  const parts = path.split("/");
  const bad =
    path.length > 1_000 ||
    // A doubly encoded path must not become another one further down.
    /%(2e|2f|5c|25|00)/i.test(path) ||
    /[\\\0]|^[a-z]:/i.test(path) ||
    parts.some((part) => part === "" || part === "." || part === ".." || part.length > 250);
  if (!bad) return path;
  throw new PawlError("invalid_input", "The artifact's path is not usable.", {
    found: JSON.stringify(path.slice(0, 120)),
    expected: 'a relative path such as "model/weights.bin"',
    next: "Give a path without '..', back-slashes, empty parts or encoded separators.",
  });
}
